"""Will this account lose messages? Facts go in, findings come out.

`inventory` holds what is known (and what is not) of an account or a template; `rules` judges it,
one module a rule; `runner` puts the two together; `suppress` and `baseline` take out what somebody
has decided to live with. Nothing here knows AWS clients or the terminal.
"""
