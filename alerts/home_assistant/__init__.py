"""Home Assistant's discovery over MQTT, made of what there is to show."""
