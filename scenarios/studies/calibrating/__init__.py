"""`calibrate`: the outside world of a scenario whose anchors are a record that contains the desks' own impact."""
