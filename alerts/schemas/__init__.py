"""The payloads of every topic as structs, their builders, and their JSON Schemas."""
