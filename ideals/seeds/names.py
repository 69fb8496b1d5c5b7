"""Names of people as they live and work together in the Netherlands. Nobody in particular."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from ideals.people.rules import sort_key


@dataclass(frozen=True, slots=True)
class Background:
    """`weight`: people of a hundred. Family names are as they are written after a first name."""

    weight: int
    women: tuple[str, ...]
    men: tuple[str, ...]
    families: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


DUTCH = Background(
    weight=68,
    women=_split(
        "Emma, Sanne, Lotte, Femke, Marloes, Annelies, Iris, Eva, Julia, Sophie, Roos, Lisa, "
        "Maud, Tess, Noor, Marieke, Ingrid, Petra, Karin, Wilma, Yvonne, Marjan, Esther, Judith, "
        "Miranda, Suzanne, Linda, Mirjam, Hanneke, Joke, Ellen, Saskia, Anouk, Kim, Ilse, Nienke, "
        "Willemijn, Carlijn, Merel, Floor, Jolanda, Monique, Astrid, Renske, Tineke, Els, Margriet"
    ),
    men=_split(
        "Daan, Sem, Lars, Thijs, Jeroen, Bas, Wouter, Sander, Maarten, Pieter, Koen, Tim, "
        "Niels, Joost, Bart, Rick, Jasper, Hugo, Stijn, Mark, Erik, Peter, Henk, Kees, Gerard, "
        "Frank, Ronald, Marcel, Arjan, Dirk, Jan, Hans, Rob, Theo, Martijn, Vincent, Teun, Gijs, "
        "Floris, Jelle, Sjoerd, Wiebe, Luuk, Casper, Olaf, Ton"
    ),
    families=_split(
        "de Jong, Jansen, de Vries, van den Berg, van Dijk, Bakker, Visser, Smit, Meijer, "
        "de Boer, Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, "
        "Dijkstra, Smits, de Graaf, van der Meer, van der Linden, Kok, Jacobs, de Haan, Vermeulen, "
        "van den Heuvel, van der Veen, van den Broek, de Bruijn, Schouten, van Beek, Willems, "
        "van Vliet, van de Ven, Hoekstra, Maas, Verhoeven, Koster, van Dam, van der Wal, Prins, "
        "Blom, Huisman, Peeters, Kuipers, van Veen, van Dongen, Veenstra, Kramer, Sanders, Postma, "
        "Martens, Gerritsen, Timmermans, Hofman, Bosman, Zijlstra, Wiersma, Terpstra, van Es"
    ),
)
OTHERS = (
    Background(
        6,
        _split("Elif, Zeynep, Ayşe, Fatma, Merve, Esra, Büşra, Derya, Sevgi, Aylin"),
        _split("Mehmet, Emre, Mustafa, Burak, Kemal, Hakan, Yusuf, Serkan, Murat, Deniz"),
        _split("Yılmaz, Kaya, Demir, Şahin, Çelik, Yıldız, Öztürk, Aydın, Arslan, Doğan"),
    ),
    Background(
        6,
        _split("Fatima, Samira, Naima, Hanane, Salma, Khadija, Ikram, Loubna, Siham, Yasmina"),
        _split("Mohamed, Youssef, Karim, Said, Rachid, Hamza, Bilal, Omar, Ilias, Soufiane"),
        _split("El Amrani, Bouali, El Idrissi, Benali, Ouali, Aziz, El Hamdaoui, Tahiri, Ziani"),
    ),
    Background(
        6,
        _split("Shanti, Anjali, Priya, Chantal, Rowena, Sharmila, Usha, Jennifer, Natascha, Romy"),
        _split("Ravi, Ricardo, Sunil, Winston, Orlando, Kenneth, Vinod, Stanley, Roy, Giovanni"),
        _split(
            "Ramdin, Singh, Bhagwandin, Kromosoeto, Blijd, Biervliet, Pinas, Jadnanansing, Held"
        ),
    ),
    Background(
        3,
        _split("Putri, Dewi, Nona, Ratna, Yvette, Leilani, Marlène"),
        _split("Robert, Eddy, Bram, Johnny, Agus, Dylan, Marvin"),
        _split("Pattinasarany, Latuheru, Tahitu, Sahetapy, Manuhutu, Soedjono, Wattimena"),
    ),
    Background(
        4,
        _split("Agnieszka, Katarzyna, Ewa, Małgorzata, Oksana, Daryna, Ioana, Petya"),
        _split("Piotr, Tomasz, Marcin, Paweł, Andriy, Oleksandr, Radu, Dimitar"),
        _split("Nowak, Wójcik, Mazur, Kowalczyk, Shevchenko, Kravchuk, Popescu, Kostov"),
    ),
    Background(
        3,
        _split("Ananya, Meera, Kavya, Divya, Li, Xin, Mei, Yan"),
        _split("Arjun, Rohan, Vikram, Sanjay, Wei, Jun, Hao, Ming"),
        _split("Sharma, Iyer, Patel, Reddy, Chen, Wang, Zhang, Liu, Krishnan"),
    ),
    Background(
        2,
        _split("Lúcia, Carla, Filipa, Giulia, Marta, Inés"),
        _split("João, Nuno, Tiago, Matteo, Javier, Diego"),
        _split("Évora, Tavares, Gonçalves, Rossi, Fernández, Monteiro"),
    ),
    Background(
        2,
        _split("Abena, Ama, Efua, Rahel, Amina, Layla, Rania, Nour"),
        _split("Kwame, Kofi, Yaw, Samuel, Abdi, Tarek, Hadi, Sami"),
        _split("Mensah, Owusu, Boateng, Tesfay, Haddad, Khalil, Hassan, Osei"),
    ),
)
BACKGROUNDS = (DUTCH, *OTHERS)


class Namer:
    """Deals out names that nobody has yet: a few share a surname, none the whole name."""

    def __init__(self, random: Random, taken: set[str]) -> None:
        self.random = random
        self.taken = set(taken)

    def name(self, gender: str) -> str:
        while True:
            first_of, family_of = self._backgrounds()
            firsts = first_of.women + first_of.men if gender == "other" else (
                first_of.women if gender == "female" else first_of.men
            )  # fmt: skip
            name = f"{self.random.choice(firsts)} {self.random.choice(family_of.families)}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def _backgrounds(self) -> tuple[Background, Background]:
        """Of the first name and of the family name: one in twelve has parents of two."""
        weights = [background.weight for background in BACKGROUNDS]
        first = self.random.choices(BACKGROUNDS, weights)[0]
        if self.random.random() < 1 / 12:
            return first, self.random.choices(BACKGROUNDS, weights)[0]
        return first, first


def address(name: str, domain: str, taken: set[str]) -> str:
    """`jan.van.den.berg@…`, with a number behind it when somebody has that already."""
    folded = re.sub(r"[^a-z]+", ".", sort_key(name)).strip(".")
    local, again = folded, 1
    while local in taken:
        again += 1
        local = f"{folded}{again}"
    taken.add(local)
    return f"{local}@{domain}"
