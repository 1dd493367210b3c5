"""Who may do what: accounts and the roles granted to them, from a day to a day.

Three-admin separation, masking grades, the purpose of looking and the query trail come with issue C.
"""
