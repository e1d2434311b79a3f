#!/bin/sh
# A third of the points, without sanitizers: under 30 seconds.
exec tests/torture/torture --short
