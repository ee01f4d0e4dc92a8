"""Speed, memory and accuracy beside other people's programs, measured in the same run: python -m benchmarks."""
