"""What is wrong around a hub, in words: `hailong hub check`. Each module looks at one thing."""
