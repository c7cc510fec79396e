"""`make same BASE=rev`: do two revisions of Spiral write the same tables, to the last bit?"""
