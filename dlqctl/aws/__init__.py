"""The only room that knows boto3: sessions, errors, and what the engines ask of AWS."""
