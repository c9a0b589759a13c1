# The stack in containers, proven on a real Docker Engine. Included by the Makefile.

.PHONY: test-compose
test-compose: ## Bring docker-compose.yml up on a Docker Engine (started here as root if need be) and try it
	@tests/compose/run
