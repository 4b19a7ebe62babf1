"""The si/do codes by which places are given: the first two digits of the legal-dong code (법정동코드),
a standard administrative code (행정표준코드) of the Ministry of the Interior and Safety.

Not the codes of Statistics Korea's own classification of districts, in which Gwangju is 24.
"""

from __future__ import annotations

from lms.db import Bilingual

# Gwangju and its neighbours first. Gangwon and North Jeolla have had two codes.
REGIONS: dict[str, Bilingual] = {
    "29": Bilingual("광주", "Gwangju"),
    "46": Bilingual("전남", "South Jeolla"),
    "52": Bilingual("전북", "North Jeolla"),
    "11": Bilingual("서울", "Seoul"),
    "41": Bilingual("경기", "Gyeonggi"),
    "28": Bilingual("인천", "Incheon"),
    "30": Bilingual("대전", "Daejeon"),
    "36": Bilingual("세종", "Sejong"),
    "43": Bilingual("충북", "North Chungcheong"),
    "44": Bilingual("충남", "South Chungcheong"),
    "26": Bilingual("부산", "Busan"),
    "27": Bilingual("대구", "Daegu"),
    "31": Bilingual("울산", "Ulsan"),
    "47": Bilingual("경북", "North Gyeongsang"),
    "48": Bilingual("경남", "South Gyeongsang"),
    "51": Bilingual("강원", "Gangwon"),
    "50": Bilingual("제주", "Jeju"),
    "99": Bilingual("해외", "Abroad"),
    "42": Bilingual("강원 (2023년 이전 코드)", "Gangwon (code until 2023)"),
    "45": Bilingual("전북 (2024년 이전 코드)", "North Jeolla (code until 2024)"),
}

# What the figures of who comes from where are told by.
AREAS: dict[str, tuple[Bilingual, tuple[str, ...]]] = {
    "gwangju": (Bilingual("광주", "Gwangju"), ("29",)),
    "jeolla": (Bilingual("전남북", "Jeolla"), ("46", "52", "45")),
    "capital": (Bilingual("수도권", "Capital area"), ("11", "41", "28")),
    "yeongnam": (Bilingual("영남", "Yeongnam"), ("26", "27", "31", "47", "48")),
    "chungcheong": (Bilingual("충청", "Chungcheong"), ("30", "36", "43", "44")),
    "gangwon": (Bilingual("강원", "Gangwon"), ("51", "42")),
    "jeju": (Bilingual("제주", "Jeju"), ("50",)),
    "abroad": (Bilingual("해외", "Abroad"), ("99",)),
}
