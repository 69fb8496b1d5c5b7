from tests.browser.test_approvals import *


def test_shots(browser, asked):
    with unit_of_work() as session:
        ids = {row.subject: row.id for row in session.query(Approval)}
    for name, paths in {
        "Boris": {
            "list": "/approvals",
            "three": f"/approvals/{ids['order:3']}",
            "two": f"/approvals/{ids['order:2']}",
            "hand": f"/approvals/{ids['order:3']}/hand-over?search=dina",
        },
        "Anna": {
            "asked": "/approvals/asked",
            "asker": f"/approvals/{ids['order:2']}",
            "mail": "/account/mail",
        },
    }.items():
        for theme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
            page = signed_in(
                browser, asked, name, color_scheme=theme, viewport={"width": width, "height": 900}
            )
            for key, path in paths.items():
                page.goto(asked + path)
                page.screenshot(path=f"/tmp/b5p/{name}-{key}-{theme}-{width}.png", full_page=True)
            if name == "Boris":
                page.goto(asked + "/approvals")
                for box in page.get_by_role("checkbox").all():
                    box.check()
                page.screenshot(path=f"/tmp/b5p/{name}-picked-{theme}-{width}.png")
                page.get_by_role("button", name="Decide about the chosen").click()
                page.screenshot(path=f"/tmp/b5p/{name}-several-{theme}-{width}.png", full_page=True)
            page.close()
