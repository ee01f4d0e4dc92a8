"""A synthetic trial: assumptions in, ADaM-like tables out."""
