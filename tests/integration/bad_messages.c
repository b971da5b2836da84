/* What is no Varlink call at all: one MalformedMessage, then the end of the connection. */
#include "bad_input.h"

#define PING                  "{'method':'dev.historyd.history.Ping'"
#define PING_WITH(parameters) PING ",'parameters':{" parameters "}}"
#define PAYLOAD(value)                                                                             \
    "{'method':'dev.historyd.history.AppendEvents','parameters':{'run_id':'r','events':["          \
    "{'type':'a','payload':{'k':" value "}}]}}"

const struct bad_input bad_messages[] = {
    /* the frame and its outermost value */
    MALFORMED("^"),
    MALFORMED(" \t\r\n^"),
    MALFORMED("n^onsense"),
    MALFORMED("^[]"),
    MALFORMED("^'dev.historyd.history.Ping'"),
    MALFORMED("^17"),
    MALFORMED("^null"),
    MALFORMED("^\xef\xbb\xbf{'method':'dev.historyd.history.Ping'}"),
    MALFORMED(PING "} ^x"),
    MALFORMED(PING "}^{}"),
    MALFORMED(PING "}^}"),
    /* grammar */
    MALFORMED("{^"),
    MALFORMED("{'method'^}"),
    MALFORMED("{'method':^}"),
    MALFORMED(PING "^"),
    MALFORMED(PING ",^}"),
    MALFORMED(PING " ^'more':false}"),
    MALFORMED("{^method:'dev.historyd.history.Ping'}"),
    MALFORMED("{^1:2}"),
    MALFORMED("{^/* hello */'method':'dev.historyd.history.Ping'}"),
    MALFORMED("{^'method':'dev.historyd.history.Ping^"),
    MALFORMED(PING_WITH("'a':[1^}")),
    MALFORMED(PING_WITH("'a':[1,^]")),
    MALFORMED(PING_WITH("'a':^True")),
    MALFORMED(PING_WITH("'a':true^1")),
    MALFORMED(PING_WITH("'a':^nul^")),
    MALFORMED(PING_WITH("'a':^NaN")),
    MALFORMED(PING_WITH("'a':^Infinity")),
    MALFORMED(PING_WITH("'a':^undefined")),
    /* numbers */
    MALFORMED(PING_WITH("'a':^0^1")),
    MALFORMED(PING_WITH("'a':-0^1")),
    MALFORMED(PING_WITH("'a':^+1")),
    MALFORMED(PING_WITH("'a':^.5")),
    MALFORMED(PING_WITH("'a':^1.^}")),
    MALFORMED(PING_WITH("'a':^1e^}")),
    MALFORMED(PING_WITH("'a':^1e+^}")),
    MALFORMED(PING_WITH("'a':^-^}")),
    MALFORMED(PING_WITH("'a':^0^x10")),
    MALFORMED(PAYLOAD("^1.2^.3")),
    /* strings */
    MALFORMED(PING_WITH("'a':'^\x01'")),
    MALFORMED(PING_WITH("'a':'line^\nline'")),
    MALFORMED(PING_WITH("'a':'tab^\ttab'")),
    MALFORMED(PING_WITH("'a':'^\\^q'")),
    MALFORMED(PING_WITH("'a':'^\\u12^G4'")),
    MALFORMED(PING_WITH("'a':'^\\x4^1'")),
    MALFORMED(PING_WITH("'a':'^\\^u0000'")),
    MALFORMED(PING_WITH("'a':'^\\^ud800'")),
    MALFORMED(PING_WITH("'a':'^\\^udc00'")),
    MALFORMED(PING_WITH("'a':'^\\ud800^\\u0041'")),
    MALFORMED(PING_WITH("'a':'^\\ud800^\\ud800'")),
    MALFORMED(PING_WITH("'^\\^u0000':1")),
    /* UTF-8 */
    MALFORMED(PING_WITH("'a':'^\xff'")),
    MALFORMED(PING_WITH("'a':'^\x80'")),
    MALFORMED(PING_WITH("'a':'^\xc0\x80'")),
    MALFORMED(PING_WITH("'a':'^\xe0\x80^\xaf'")),
    MALFORMED(PING_WITH("'a':'^\xed\xa0^\x80'")),
    MALFORMED(PING_WITH("'a':'^\xf4\x90\x80^\x80'")),
    MALFORMED(PING_WITH("'a':'^\xe2\x82^'")),
    MALFORMED(PING_WITH("'^\xfe':1")),
    /* keys twice */
    MALFORMED(PING ",^'method':'dev.historyd.history.Ping'}"),
    MALFORMED(PING_WITH("'a':1,^'a':2")),
    MALFORMED(PING_WITH("'a':1,^'\\u0061':2")),
    MALFORMED(PAYLOAD("{'x':1,'y':2,^'x':3}")),
    MALFORMED(PAYLOAD("[{'é':1,^'\\u00e9':1}]")),
    /* the header */
    MALFORMED("{}"),
    MALFORMED("{'parameters':{}}"),
    MALFORMED("{^'Method^':'dev.historyd.history.Ping'}"),
    MALFORMED(PING ",^'colour':'red'}"),
    MALFORMED(PING ",^'Parameters':{}}"),
    MALFORMED("{'method':^17}"),
    MALFORMED("{'method':^null}"),
    MALFORMED(PING ",'parameters':^[]}"),
    MALFORMED(PING ",'parameters':^'x'}"),
    MALFORMED(PING ",'parameters':^0}"),
    MALFORMED(PING ",'parameters':^false}"),
    MALFORMED(PING ",'more':^'yes'}"),
    MALFORMED(PING ",'oneway':^1}"),
    MALFORMED(PING ",'upgrade':^{}}"),
    MALFORMED(PING ",'oneway':true,'more':true}"),
};
const size_t n_bad_messages = sizeof(bad_messages) / sizeof(*bad_messages);
