#!/bin/sh
# A script for DeepStack as its documentation has it. Prints a line for each object, or the error and exits with 1.
# Usage: deepstack.sh URL IMAGE [MODEL] ; KEY and MIN_CONFIDENCE in the environment.
set -eu
url=$1 image=$2 model=${3:+custom/$3}
answer=$(curl -s -X POST -F image=@"$image" ${MIN_CONFIDENCE:+-F min_confidence="$MIN_CONFIDENCE"} \
  ${KEY:+-F api_key="$KEY"} "$url/v1/vision/${model:-detection}")
case $answer in
  *'"success":true'*) ;;
  *) echo "$answer" | sed -n 's/.*"error":"\(.*\)".*/\1/p' >&2; exit 1 ;;
esac
echo "$answer" | grep -o '"label":"[^"]*"' | cut -d '"' -f 4
