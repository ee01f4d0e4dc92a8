"""The book: chapters with parameters are executed, cached, collected and published as a site."""
