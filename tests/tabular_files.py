"""Small raw files for the tabular projects, with the shape and oddities of the real ones."""

import io

import numpy as np
import polars as pl

# Written in cp850, as the export is; invented, but for the three words that tell the encoding.
PEOPLE = (
    ("Toy Loft", "0621-555", "Berguvsvägen 8", "S-958 22", "Larsson", "Marit", "Luleå", "Sweden"),
    ("Cosas", "(91) 555 94", "Plaza Alta 1", "28034", "Freyre", "Martín", "Madrid", "Spain"),
    ("Wheels", "20155571", "4092 Furth Circle", "10022", "Yunck", "Kwai", "NYC", "USA"),
    ("Gràcia", "93 555 77", "Rambla Cataluña 23", "08022", "Saavedra", "Edu", "Gavà", "Spain"),
)
PERSONAL = (
    *("CUSTOMERNAME", "PHONE", "ADDRESSLINE1", "ADDRESSLINE2", "POSTALCODE"),
    *("CONTACTLASTNAME", "CONTACTFIRSTNAME"),
)
_LINES = ("Classic Cars", "Motorcycles", "Planes", "Ships", "Trains", "Vintage Cars")
_TERRITORY = {"USA": "NA", "Sweden": "EMEA", "Spain": "EMEA"}


def order_lines(orders: int = 60) -> pl.DataFrame:
    """Return order lines as text columns in the order of the export, one to six an order."""
    drawn = np.random.default_rng(20261121)
    rows = [
        _line(drawn, order, line)
        for order in range(orders)
        for line in range(1, 2 + int(drawn.integers(0, 6)))
    ]
    return pl.DataFrame(rows)


def _line(drawn: np.random.Generator, order: int, line: int) -> dict[str, str | None]:
    """Return one line of an order as the export writes it."""
    company, phone, street, post, last, first, city, country = PEOPLE[order % len(PEOPLE)]
    year, month, day = 2003 + order % 3, 1 + order % 12, 1 + order % 28
    msrp, quantity = int(drawn.integers(33, 215)), int(drawn.integers(6, 98))
    asked = round(msrp * float(drawn.uniform(0.8, 1.2)), 2)
    sales = round(quantity * asked, 2)
    size = "Small" if sales < 3000 else "Medium" if sales < 7000 else "Large"
    early = order % 2 == 0  # the export writes its dates in two ways
    return {
        "ORDERNUMBER": str(10100 + order),
        "QUANTITYORDERED": str(quantity),
        "PRICEEACH": str(min(asked, 100.0)),
        "ORDERLINENUMBER": str(line),
        "SALES": str(sales),
        "ORDERDATE": f"{month}/{day}/{year} 0:00"
        if early
        else f"{month:02d}/{day:02d}/{year} 00:00",
        "STATUS": "Shipped",
        "QTR_ID": str((month + 2) // 3),
        "MONTH_ID": str(month),
        "YEAR_ID": str(year),
        "PRODUCTLINE": _LINES[int(drawn.integers(0, len(_LINES)))],
        "MSRP": str(msrp),
        "PRODUCTCODE": f"S{10 + line}_{1000 + msrp}",
        "CUSTOMERNAME": company,
        "PHONE": phone,
        "ADDRESSLINE1": street,
        "ADDRESSLINE2": "Level 3" if order % 5 == 0 else None,
        "CITY": city,
        "STATE": "NY" if country == "USA" or order % 3 else None,
        "POSTALCODE": post,
        "COUNTRY": country,
        "TERRITORY": _TERRITORY[country],
        "CONTACTLASTNAME": last,
        "CONTACTFIRSTNAME": first,
        "DEALSIZE": size,
    }


def order_files(lines: pl.DataFrame | None = None) -> dict[str, bytes]:
    """Return the sales export: CSV in cp850 with CRLF line ends."""
    text = (order_lines() if lines is None else lines).write_csv(line_terminator="\r\n")
    return {"sales_data_sample.csv": text.encode("cp850")}


def district_files(rows: int = 400) -> dict[str, bytes]:
    """Return districts in the columns of the California file; value follows income and place."""
    drawn = np.random.default_rng(20261121)
    income = drawn.gamma(4, 1, rows).clip(0.5, 15)
    latitude, longitude = drawn.uniform(32.6, 41.9, rows), drawn.uniform(-124.3, -114.4, rows)
    value = 0.4 * income + 0.1 * (latitude - 32) * drawn.uniform(0.5, 1.5, rows) + 0.3
    frame = pl.DataFrame({
        "MedInc": income.round(4),
        "HouseAge": drawn.integers(1, 53, rows).astype(float),
        "AveRooms": drawn.uniform(2, 9, rows),
        "AveBedrms": drawn.uniform(0.8, 1.4, rows),
        "Population": drawn.integers(100, 4000, rows).astype(float),
        "AveOccup": drawn.uniform(1.5, 5, rows),
        "Latitude": latitude.round(2),
        "Longitude": longitude.round(2),
        "MedHouseVal": value.clip(0.15, 5.00001).round(5),
    })
    content = io.BytesIO()
    frame.write_csv(content)
    return {"california_housing.csv": content.getvalue()}
