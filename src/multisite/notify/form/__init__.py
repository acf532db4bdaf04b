"""How a mail looks: plain text, HTML, and the message that holds both. Chooses nothing that the content has not."""
