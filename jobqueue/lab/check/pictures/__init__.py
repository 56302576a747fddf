"""Pictures of a function's answers, shown below its verdict."""
