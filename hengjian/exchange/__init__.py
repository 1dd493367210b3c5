"""What other systems are let in with: keys with a scope and a purpose, approved by one, drawn by another."""
