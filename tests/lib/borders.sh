#!/bin/sh
# No suite of tests reaches into another: what one takes from outside its own directory stands in lib/ or
# servers/, is data of vectors/, or an entry of the stand-in Twilio (standin.js, signature.js; demo.js as a program). Looked at are
# imports and URLs of JavaScript, #include of C, and automake's lists. Run by `make check`.
set -eu
cd "${srcdir:-.}"

# Lines "FILE PATH", PATH as it stands in the file.
references() {
  find tests bench -name node_modules -prune -o -name '*.js' -exec \
    sed -nE "s/.*(from|import|import\\(|URL\\() ?'(\\.\\.?\\/[^']*)'.*/\\2/p;T;F" {} + | paste - -
  find tests -name node_modules -prune -o -name '*.[ch]' -exec \
    sed -nE 's/^#include "(\.\.?\/[^"]*)".*/\1/p;T;F' {} + | paste - -
  for list in tests/*/*.am; do
    grep -oE '[^a-z/]tests/[a-z]+/[^ ]*\.[ch]' "$list" | sed "s|.*tests/|../|;s|\$|	$list|"
  done
}

references | awk -F '\t' '
  # The path seen from the top: "a/b" and "../c" are "a/c".
  function seen_from(file, path,    parts, count, out, depth, i) {
    sub(/[^\/]*$/, "", file)
    count = split(file path, parts, "/")
    for (i = 1; i <= count; i++) {
      if (parts[i] == "..") depth--
      else if (parts[i] != "." && parts[i] != "") out[++depth] = parts[i]
    }
    path = out[1]
    for (i = 2; i <= depth; i++) path = path "/" out[i]
    return path
  }
  {
    looked++
    split($2, of, "/")
    target = seen_from($2, $1)
    if (target !~ /^tests\/[^\/]+\/./) next
    split(target, at, "/")
    if (at[2] == of[2] || at[2] ~ /^(lib|servers|vectors)$/) next
    if (target == "tests/twilio/demo.js" || target == "tests/twilio/standin.js" || target == "tests/twilio/signature.js") next
    print "FAIL: " $2 " reaches for " target ": what suites share stands in tests/lib"
    faults++
  }
  END {
    print looked + 0 " references, " faults + 0 " across a border"
    exit faults > 0 || looked < 500
  }'
