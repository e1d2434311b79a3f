#!/bin/sh
# Every fifth point, without sanitizers: some six seconds of a processor's time.
exec tests/torture/torture --every 5
