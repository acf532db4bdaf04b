"""Headers spoilt at random by the thousand, and what reading them has to come to.

Here belongs what spoils a header (``mutation``), what it is spoilt from (``corpus``), what plain pydicom reads from the
same bytes (``plain_reading``), what a reading may come to (``judging``), and the run itself (``campaign``, started by
``python -m tests.fuzz``). Here does not belong a test of one known mistake: that goes beside the tests of its room.
"""
