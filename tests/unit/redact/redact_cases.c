#include "redact_cases.h"

/* Made up, and joined from pieces so that no scanner of sources takes them for real ones. */
#define GITHUB                                                                                     \
    "ghp"                                                                                          \
    "_abcdefghijklmnopqrstuvwxyz0123456789"
#define AWS                                                                                        \
    "AKI"                                                                                          \
    "AIOSFODNN7EXAMPLE"
#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"
#define PEM                                                                                        \
    "-----BEGIN RSA PRIVATE "                                                                      \
    "KEY-----"

const struct redact_case secret_cases[] = {
    /* keys */
    {"{'token':'a'}", "{'token':'[REDACTED]'}"},
    {"{'githubToken':'a'}", "{'githubToken':'[REDACTED]'}"},
    {"{'X-Api-Key':'a'}", "{'X-Api-Key':'[REDACTED]'}"},
    {"{'DB_PASSWORD':'a'}", "{'DB_PASSWORD':'[REDACTED]'}"},
    {"{'password':1234}", "{'password':'[REDACTED]'}"},
    {"{'passwd':'a','x':1}", "{'passwd':'[REDACTED]','x':1}"},
    {"{'token_':'a','token_base64':'b'}", "{'token_':'[REDACTED]','token_base64':'[REDACTED]'}"},
    /* A number is no secret under the outer name, but under the inner one; then there is a text. */
    {"{'tokens':{'n':1,'password':2}}", "{'tokens':'[REDACTED]'}"},
    {"{'apiKey':'a'}", "{'apiKey':'[REDACTED]'}"},
    {"{'apikey':'a'}", "{'apikey':'[REDACTED]'}"},
    {"{'api_key':'a'}", "{'api_key':'[REDACTED]'}"},
    {"{'Authorization':'Bearer a'}", "{'Authorization':'[REDACTED]'}"},
    {"{'Set-Cookie':'a=b'}", "{'Set-Cookie':'[REDACTED]'}"},
    {"{'cookie':'a=b'}", "{'cookie':'[REDACTED]'}"},
    {"{'private_key':[1,2,3]}", "{'private_key':'[REDACTED]'}"},
    {"{'credentials':{'user':'a','n':1}}", "{'credentials':'[REDACTED]'}"},
    {"{'aws_secret_access_key':'a'}", "{'aws_secret_access_key':'[REDACTED]'}"},
    {"{'client_secret':'a'}", "{'client_secret':'[REDACTED]'}"},
    {"{'session':'a'}", "{'session':'[REDACTED]'}"},
    {"{'password2':'a'}", "{'password2':'[REDACTED]'}"},
    {"{'password_hash':'a'}", "{'password_hash':'[REDACTED]'}"},
    {"{'githubtoken':'a'}", "{'githubtoken':'[REDACTED]'}"},
    {"{'tok\\u0065n':'a'}", "{'tok\\u0065n':'[REDACTED]'}"},
    {"{'a':[{'b':{'secret':'x'}}]}", "{'a':[{'b':{'secret':'[REDACTED]'}}]}"},
    {"{'DBPassword':'a'}", "{'DBPassword':'[REDACTED]'}"},
    {"{'tokens':['a','b']}", "{'tokens':'[REDACTED]'}"},
    /* tokens of known forms, with what stands around them */
    {"{'a':'see " GITHUB ", ok'}", "{'a':'see [REDACTED], ok'}"},
    {"{'a':'gho"
     "_abcdefghijklmnopqrstuvwxyz0123456789'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'github"
     "_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'" AWS "'}", "{'a':'[REDACTED]'}"},
    {"{'a':'\\u0041KI"
     "AIOSFODNN7EXAMPLE'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'ASI"
     "AIOSFODNN7EXAMPLE/x'}",
     "{'a':'[REDACTED]/x'}"},
    {"{'a':'xox"
     "b-123456789012-abcdefghijkl'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'sk"
     "-proj-abcdefghijklmnop1234567890'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'(" JWT ")'}", "{'a':'([REDACTED])'}"},
    {"{'a':'glp"
     "at-abcdefghij1234567890'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'AIz"
     "aSyA1234567890abcdefghijklmnopqrstuv'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'npm"
     "_abcdefghijklmnopqrstuvwxyz0123456789'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'sk"
     "_live_abcdefghijklmnop'}",
     "{'a':'[REDACTED]'}"},
    {"{'a':'x " PEM "\\nMIIE\\n-----END RSA PRIVATE KEY-----\\ny'}", "{'a':'x [REDACTED]\\ny'}"},
    {"{'a':'" PEM "\\nMIIE'}", "{'a':'[REDACTED]'}"},
    {"{'" GITHUB "':1}", "{'[REDACTED]':1}"},
    {"{'" GITHUB "':1,'" AWS "':2}", "{'[REDACTED]':1,'[REDACTED 2]':2}"},
    {"{'" GITHUB "':1,'[REDACTED]':2}", "{'[REDACTED 1001]':1,'[REDACTED]':2}"},
    /* URLs */
    {"{'a':'https://me:hunter2@host/p'}", "{'a':'https://me:[REDACTED]@host/p'}"},
    {"{'a':'https:\\/\\/me:hunter2@host'}", "{'a':'https://me:[REDACTED]@host'}"},
    {"{'a':'postgres://u:p/w@h:5432/d'}", "{'a':'postgres://u:[REDACTED]@h:5432/d'}"},
    {"{'a':'https://secret:x-oauth-basic@h'}", "{'a':'https://[REDACTED]:x-oauth-basic@h'}"},
    {"{'a':'http://h/?token=abc&x=1'}", "{'a':'http://h/?token=[REDACTED]&x=1'}"},
    /* pairs in text */
    {"{'a':'DB_PASSWORD=hunter2 HOME=/root'}", "{'a':'DB_PASSWORD=[REDACTED] HOME=/root'}"},
    {"{'a':'run --password x y'}", "{'a':'run --password [REDACTED] y'}"},
    {"{'a':'run --token=x y'}", "{'a':'run --token=[REDACTED] y'}"},
    {"{'a':['--api-key=x','y']}", "{'a':['--api-key=[REDACTED]','y']}"},
    {"{'a':'Authorization: Bearer abc'}", "{'a':'Authorization: Bearer [REDACTED]'}"},
    {"{'a':'curl -H \\'Cookie: a=b; c=d\\' x'}", "{'a':'curl -H \\'Cookie: [REDACTED]\\' x'}"},
    {"{'a':'got Bearer abcdefghij0123456789 here'}", "{'a':'got Bearer [REDACTED] here'}"},
    {"{'a':'got Basic dXNlcjpwYXNz here'}", "{'a':'got Basic [REDACTED] here'}"},
    {"{'a':'X-Api-Key: abc'}", "{'a':'X-Api-Key: [REDACTED]'}"},
    {"{'a':'invalid token: abc123'}", "{'a':'invalid token: [REDACTED]'}"},
    /* JSON in texts, whole and cut off */
    {"{'a':'{\\'password\\':\\'x\\',\\'b\\':1}'}",
     "{'a':'{\\'password\\':\\'[REDACTED]\\',\\'b\\':1}'}"},
    {"{'a':'{\\'p\\\\u0061ssword\\':\\'x\\'}'}",
     "{'a':'{\\'p\\\\u0061ssword\\':\\'[REDACTED]\\'}'}"},
    {"{'a':'got {\\'password\\': \\'x\\', \\'b'}",
     "{'a':'got {\\'password\\': \\'[REDACTED]\\', \\'b'}"},
    {"{'a':'got \\\\u0041KI"
     "AIOSFODNN7EXAMPLE'}",
     "{'a':'[REDACTED]'}"},
};
const size_t n_secret_cases = sizeof(secret_cases) / sizeof(secret_cases[0]);

const struct redact_case plain_texts[] = {
    {"{}", NULL},
    {"{'tokens_used':5,'token_count':'6'}", NULL},
    {"{'author':'a','secretary':'b','passwordless':true}", NULL},
    {"{'password':true,'secret':null,'token':''}", NULL},
    {"{'token':12,'tokens':{'input':10,'output':20}}", NULL},
    {"{'max_tokens':100,'session_id':'abc'}", NULL},
    {"{'password_file':'/etc/x','secret_name':'db'}", NULL},
    {"{'public_key':'ssh-ed25519 AAAA','key':'a','keys':['b']}", NULL},
    {"{'monkey':'a','passing':'b','tests_pass':'c','authority':'d'}", NULL},
    {"{'token':'[REDACTED]'}", NULL},
    {"{'a':'ghp_short'}", NULL},
    {"{'a':'AKIAshort','b':'XAKIAIOSFODNN7EXAMPLE'}", NULL},
    {"{'a':'sk-learn-pipeline-component-20260120-x'}", NULL},
    {"{'a':'npm_config_registry_of_this_very_project'}", NULL},
    {"{'a':'eyJust text. eyJ.eyJ.x'}", NULL},
    {"{'a':'https://host:8080/path@2x'}", NULL},
    {"{'a':'ssh://git@host/x','b':'mail me@host: now'}", NULL},
    {"{'a':'https://me:[REDACTED]@host'}", NULL},
    {"{'a':'unexpected token: foo'}", NULL},
    {"{'a':'Unexpected token < in JSON at position 0'}", NULL},
    {"{'a':'parse error at token 5: unexpected'}", NULL},
    {"{'a':'if token == other'}", NULL},
    {"{'a':'password=[REDACTED] x'}", NULL},
    {"{'a':'--token --other'}", NULL},
    {"{'a':'--token [REDACTED]'}", NULL},
    {"{'a':'Authorization: Bearer [REDACTED]'}", NULL},
    {"{'a':'the bearer authentication scheme'}", NULL},
    {"{'a':'Basic Authentication is used'}", NULL},
    {"{'a':'-----BEGIN CERTIFICATE-----\\nMIIE'}", NULL},
    {"{'a':'-----BEGIN PUBLIC KEY-----'}", NULL},
    {"{'a':'author=me secretary=you'}", NULL},
    {"{'commit':'67ddc57f3bc1f2a4a7e3e9d1f0b8a6c5d4e3f2a1'}", NULL},
    {"{'a':'run_20260120_143052_0001','b':'services/unit-003'}", NULL},
    {"{'a':'9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'}", NULL},
    {"{'a':'550e8400-e29b-41d4-a716-446655440000'}", NULL},
    {"{'a':'\\u00e9\\n\\t\\\\ \\ud83d\\ude00','z':1e400,'n':9007199254740993}", NULL},
    {"{'a':'{\\'b\\':[1,2],\\'c\\':\\'d\\'}'}", NULL},
    {"{'a':'time: 12:30:45','b':'x = y','c':'a_b-c d'}", NULL},
    {"{'a':'tokenizer: fast','b':'cookies accepted: yes'}", NULL},
    {"{'a':'no password: given'}", NULL},
    {"{ 'a' : [ 1 , true , null , 'x' ] }", NULL},
};
const size_t n_plain_texts = sizeof(plain_texts) / sizeof(plain_texts[0]);

const struct redact_case listed_cases[] = {
    {"{'file':'a','line':3}", "{'file':'a','line':'[REDACTED]'}"},
    {"{'exit_code':1,'x':{'status':'ok','y':null}}",
     "{'exit_code':1,'x':{'status':'ok','y':'[REDACTED]'}}"},
    {"{'path':['a',{'b':'c'},'d'],'e':['f']}",
     "{'path':['a',{'b':'[REDACTED]'},'d'],'e':['[REDACTED]']}"},
    {"{'reason':'" GITHUB "'}", "{'reason':'[REDACTED]'}"},
    {"{'File':'a','filE':true}", "{'File':'[REDACTED]','filE':'[REDACTED]'}"},
    {"{'fil\\u0065':'a','note':''}", NULL},
    {"{'branch':'main','pr_number':7,'duration_ms':1.5}", NULL},
};
const size_t n_listed_cases = sizeof(listed_cases) / sizeof(listed_cases[0]);
