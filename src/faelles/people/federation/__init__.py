"""Signing in through the municipality's own directory: OpenID Connect and SAML 2."""
