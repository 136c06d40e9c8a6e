"""Sending: batches claimed slice by slice, in threads or in Celery workers."""
