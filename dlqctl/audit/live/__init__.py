"""A live account's facts: what is asked, in what order, and how the answers become resources.

`asking` declares what an account must be able to answer (`dlqctl.aws.account` does, with boto3);
`needs` says which calls the chosen rules hang on; `collector` puts the services together, one
module each; `focus` narrows an audit to some queues and functions.
"""
