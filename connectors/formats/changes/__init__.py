"""Changes of models, prompts, routes, configuration and prices."""
