"""What a rate is: metric definitions as data, and the arithmetic that turns facts into figures.

Pure: knows no database, no request and no room. A definition is a reviewed file in definitions/;
its words for facts are those of facts.py, in the database, in FACTS.csv and here the same.
"""
