"""The decision rule: from counts, limits and events to a verdict on each month. No row of a study is looked at here."""
