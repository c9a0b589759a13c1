# The README's commands on a Debian 12 that has git and make and nothing else. Included by the Makefile.

.PHONY: test-fresh
test-fresh: ## The README's commands, as root and as a user, on a fresh Debian 12 (root, debootstrap; an hour)
	@tests/fresh/run
