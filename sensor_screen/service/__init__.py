"""What a clinic does, in its own words: no web framework, no SQL, and protocols without sockets."""
