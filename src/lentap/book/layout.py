"""What things are called in the tree that pages are made from, for those who write it and those who read it."""

RESULTS = "results.json"
EXTRA = "extra"  # folder of what the site offers beside its pages
FRAME = "frame"  # file that tells what all pages share: where it changed, none made before is of use
QUOTES = "{result}"
CHOICES = "choices"  # folder of the outputs that a reader can choose, a file a page
