"""What trains the language models: corpus, tokenizer, networks, optimiser, loop, and yardsticks."""
