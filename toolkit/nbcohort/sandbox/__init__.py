"""Run untrusted code: no network, empty environment, throwaway home, limits."""
