"""Sending: batches taken up slice by slice, in threads or in Celery workers."""
