#!/bin/sh
# Data flows one way (CONTRIBUTING.md, "The source tree"): reads the #include lines of src/ and fails where a
# directory includes one that stands above it, or where modules (a .c file with its header) include each other
# in a circle. `layers.sh DIRECTORY` looks at another tree.
set -eu

src=${1:-${srcdir:-.}/src}
cd "$src"
find . -name '*.[ch]' | sed 's:^\./::' | sort | xargs grep -H '^#include "' | awk -F: '
  BEGIN {
    # From the ground up.
    split("support gateway twilio spool webhook diagnosis commands main", names, " ")
    for (i in names) layer[names[i]] = i
  }
  function directory(path) { return path ~ /\// ? substr(path, 1, index(path, "/") - 1) : "main" }
  function module(path) { sub(/\.[ch]$/, "", path); return path }
  {
    match($2, /"[^"]*"/)
    to = substr($2, RSTART + 1, RLENGTH - 2)
    if (to == "build.h") next
    from = $1
    edges++
    if (!(directory(from) in layer)) { print from ": no such layer: " directory(from); bad++ }
    if (!(directory(to) in layer)) { print from ": includes " to ", which is in no layer"; bad++ }
    if (layer[directory(to)] > layer[directory(from)]) { print from ": includes " to ", which stands above it"; bad++ }
    if (module(from) != module(to) && !((module(from), module(to)) in seen)) {
      seen[module(from), module(to)] = 1
      next_of[module(from)] = next_of[module(from)] " " module(to)
    }
  }
  # Depth first: a module that is met while it is still open closes a circle.
  function visit(name, path,    list, count, i) {
    state[name] = 1
    count = split(next_of[name], list, " ")
    for (i = 1; i <= count; i++) {
      if (state[list[i]] == 1) { print "a circle: " path " -> " list[i]; bad++ }
      else if (!state[list[i]]) visit(list[i], path " -> " list[i])
    }
    state[name] = 2
  }
  END {
    for (name in next_of) if (!state[name]) visit(name, name)
    if (edges < 100) { print "only " edges + 0 " includes were read"; bad++ }
    if (bad) { print bad " wrong"; exit 1 }
    print edges " includes: no circle, and none of what stands above"
  }'
