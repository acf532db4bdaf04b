"""What other truths, readers and errors of labels would do to the results.

Belongs here: scores against other truths, readers held out beside the model, corrections for labels that err.
"""
