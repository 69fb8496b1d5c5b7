from flask import Blueprint

bp = Blueprint("notice_pages", __name__, template_folder="templates")
