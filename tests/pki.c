#include <string.h>

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "../smime/der.h"
#include "pki.h"

/* --- keys ---------------------------------------------------------------- */

/* Test keys, worthless: anybody can read them. */
static const char *const key_pems[PKI_N_KEYS] = {
	[PKI_KEY_ROOT] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLUnQIZjYyoitMCiy\n"
	    "iRZUuHJhg4UyzdDCPt46aB7EUS6hRANCAAT3RFwfJ2Og69SwDd86XnTEdY3sQzh6\n"
	    "ksWDqNUZeD7NEB4JQbeKOXa/TEj6ZT5hnSFy0G2WmcATBO/lxP8lLHoO\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_CA] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDJ6Q/JlJoJHt+5\n"
	    "OLvdGCwvo5o/o9M8jqh8GgEKSbk6MH94YDim0daFj7xUMUwjiHybZ274RnhusA+O\n"
	    "qUypeswwhZJPZswBOioIDeTFzkwoBZDJo3Y36BGMkCTbJlfJCcjry3HUnurvsTWp\n"
	    "8UKn4YFGM+xMep6ENzWtJn/zgL7hGAnCNcz7l5T70tIdta2RNCYvwvavoFKjZtR9\n"
	    "4qgQzOD+6Z6For3CN66jfT6p06NZyVBhw5G7Hjt6+j8VO6yW1AyErBg/CUqmSu+0\n"
	    "TOxqLSncBgnejBoZXBAKBtLw4o6CaqS6WW9V4k4EAMWIgTB9UukMocQOfUNZ9q+s\n"
	    "wbE3d5QLAgMBAAECggEAEvYOk/0fDA04sFG6HrS27ZBdG23cl/rDqsfcYiVzPhow\n"
	    "1lKe71eUYD2Tz4pDnrCiFwv7GViw1aA2Dc0rVF0iUMoyZ799F/5o1RHM8qCBeV6w\n"
	    "bqcpom1qPHuK4oOyyb/f/PjBi1iTMog/RGLSQibEt52HqtT3Du6KXWTYrjrgcg3f\n"
	    "o2NTHj/oV/nRsoTQgPNt+qBuC7Eph90z5fqCwfTcTBvQ124nU200D0nuvbM5t57n\n"
	    "3fTEH4BfodzfohYck/axaZj638f6Cb62gJhBAeb7Dc96grDR7Z1Eu22DZQnjBhjD\n"
	    "KV2IvgPh76pTKpCicHO7fcUUhsdswz0C/i7DRli8dQKBgQDnf+NRHKh6Xr0KXa9s\n"
	    "BA65nK5yDK8mIeBhiht4lkWB013eH5ljmydyoLrUsXxqg3AQKgIdmTt/vaG/pUhM\n"
	    "UfyPWtu9MbhlrmPfMzKw4Kb2QrMb2b19GPUfhBJoYc/bPn/kMxbRmnU4Z9KUxLhx\n"
	    "nTspAjYHFvMMA4ezUapdIHNj7QKBgQDfR4Cc9P/XoPetvSIP0BOFJ7nKfb86pbl0\n"
	    "gSpMQ54igRUffyPBM8paurysKfczujmTihwBAWZQvve50YDAqd27wKosDxcK358C\n"
	    "uS72tfg3hIEGbafiAukT5GMmrDhHfej+isRT1eWBcdNFAW/ls4QWlIk3k2aL1Q9T\n"
	    "vXQ75cRI1wKBgFOYuQunX6eg4n8Fyb0l0fNxAwWoUu9gOFjAuJ7ZFQyGuVTm8Esp\n"
	    "0hrws8buuND12dfcc5sgpH3CitBb7TmyOZPC6aruc3o0eVg2cs2wslonR+p8vJKa\n"
	    "Gppg5QzQlXDEpwZO9KSINGBEDaUvTLOqZZyvcbcpsGbcN3qnuO+cMk8ZAoGAalAc\n"
	    "cB/D9gMCC6rDni3gLYW11DG9rQod3NhnsHp9wEYgLagW+TZUwpCpp3wv5WRlZ9fZ\n"
	    "76yf8BCN2d9kY9g96Nka7fGdciL6DozoTLZmYuDnoozx5A6otj0H7PERtxC/sPuX\n"
	    "8acmKVVuWCwQAJpSaYH+OAUqTah8LM5HmwGTTW8CgYAg8fHiqTRTXswLD8Gme4V9\n"
	    "Djp1d5V310JYlke6HJtnbjciBeQkCS6gzf73azYlNJUh9q7g3fFO0FaWz1zGp6ua\n"
	    "b7ySDE+Ckm+Tt/J9BZ+sVgS10Fm3/+swLaF6yRvtHaFhejrh1dWdTjeznTOtZuhs\n"
	    "WhsRl2pGEFOCEqpAunDoJw==\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_LEAF] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCdXa7B+Be1eGTZ\n"
	    "lcZzVvIdwdn+zvInEhKwu+rWQvILM2i/KyxWtxZ4Y+IqP7/UXWmAwqMwTZ3qsFOu\n"
	    "DhGGDoH2SGfbJ3KiqpXTN1LN1R2e6+q3CpGwV0fi0jxwUTC/FoL3nPj6z257xdsJ\n"
	    "zf3iI9No0kJ7+0Q9yzfUWY/ipSB6HkarTCcLf5Fi/fi69UxoQbbSsowhoVlzCBwx\n"
	    "4Ly9m+8fVr4EJYeJxu/KmxYB0sHbE8G5y9cUcxXpk58E/QGG0ntN4MT+deX/AezE\n"
	    "orxlhPXbd3XAyFWdfuMgeaQJEkf+iArCdycmkE++9DRwQ60e7vVi4SyPQoBXh7IV\n"
	    "PuPxVMsBAgMBAAECggEACJfU7KhtZwGGURYrXYeaAtAsmFjyaS0rK+jYpIJh8QTW\n"
	    "i4xCFUQiX0jMN1SYcL8r45X9TxLV9KEg5XUraMyCNUTz6Ug1eGnkDFu0UyNExRvx\n"
	    "Cui+8HtIcVVCODt+wKVSjOhOwkD+F/0p/lZeYdeYYKkNBcDAeh1bbmZe0IufnK6h\n"
	    "LPx672TmbJIBPlEq4TE9ETXfDCXy/FlmxX05EUQewi+Cy3TiQ30wkB3m9hxBt0Jh\n"
	    "vbabZ3+dZ55MmnCYf9Lr4+wdUzV+30xTyVGxWvjJqDFx/Uj354o3KLN8zHpOtUBF\n"
	    "sf4gG3/np/O9Fl7Ke6XzycEWIHPqyEuTPQeLhwNa9wKBgQDYDyIAOQRCTJF/db9r\n"
	    "2bihNwFOb55P3nQ3LuLoWJeTRWiNDHeajPy08njnrdbRBSYkCqr3GEdPQlrtK/lc\n"
	    "3kcwk/lee0QeHEcTXPLedrjQivHW0F/3+ickhk33wDs6pDT8jrqRwJhgCH+J3NGQ\n"
	    "S8b5SOg5yHPWYdw8j0L84123QwKBgQC6dO5j6+jczJzNJI+3qAPEytSq9nLzU38l\n"
	    "7DGlJZ30oksO/4c7Of2uSTQF8FmMep1gNwh5KxbJnpgZOfNUn9RpzgMJtZMayYrs\n"
	    "HXbkQkvh8eHATsWME9uTRc6K2+g22lYp9b5WD1xo2EyMCYzvJbf3bgby8DVOWD9E\n"
	    "ou9k78HmawKBgE0oOlAyDF9Q0LTf69gsDE8mQYUtPy/ulToPuGCZIqgpJUkZpqy+\n"
	    "pJBJ9vtljU1ftVsxpBRRy0V2wNnp1kdf6bRjY65l/tFx77/udZ0UcLOoquy3xU3d\n"
	    "O5VDkRxkvcIXWgTHQ8FBMik5X7Jv9Ta+mPP1IVlhSFzK3ceSsa111MXZAoGBAKmC\n"
	    "9tuWtJxP1NnXvGTOdaaqc899wKGgrj6Ozc+DNGgcR7q56nqYzR1u5cHkcbT6ICtB\n"
	    "vQ1TdCMWcNa2TZcIu3b5WN+x2KwIwKjKXLVF5HDkk0VfF8+ymfP5Cb5KEIIV2zHI\n"
	    "fSMGUg/rXSQO5rbgBrEGsYCZiwzPw60lqBiOtCxDAoGBAKVpsia1FP2R0VjxBagc\n"
	    "ehn/J2KRrEe1Wu7UoLSDjZIJDLGNaO2c6iaiGdLkp/fGA2MhV+8Mh2nMip2iqIKq\n"
	    "IgkmFViqBMyCgrA1bOpMT5EOdQaAvPheDcyJfdoWg/4c949uNIgg6kICrORfQEQM\n"
	    "M6HzszaabhizI5tGUCfJtk4h\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_LEAF_EC] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgphfMeYIAb9Cu0LLO\n"
	    "vaSHUsSYS5HlYjLjHJX/D7doLdKhRANCAAQMWv0UUae4JrdnjjDH0YV7/kYQgKWB\n"
	    "1IpnDaFnF8qouzCAL8OExD/OI0PLwo565/mIZSPYg50S7Db5l88Y724Q\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_OTHER] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguceONNSMj6QNN2U6\n"
	    "T2om3waP+s7C82rRu155tZjV2cChRANCAAQmhlCQecfQmefSvZHCnaWXmhiEEslR\n"
	    "dbaJ/qsELyqKwURE6v8RRcn1vWD8FeO6RtUyqU/xIgm4vLUNDqFHBO+2\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_WEAK] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAONBOT7mZkylnYMY\n"
	    "D4vB5u0nIPHih91b5/YEqC6Oz9CEm5dtQwbuPLQIcEXKDITzqPip70EbMRCv8wK8\n"
	    "uqBUydfYEk8VOsiPaprzoV7h3xBmqglK/w4M9kmt7hZ5CvblP0MeRKF2GCrgmH7k\n"
	    "bKozs71sEElYltoswvE2WFMUYVZ9AgMBAAECgYEAlgZcBWNTC6yV9JJwyOHEUrFv\n"
	    "NWBIM2FWG/rtEHdlSBITKX+PLUcfufaML/Z4F1lIJokBEukhlhOiCR+Q0QHIkUBc\n"
	    "FsrAw18+9PnN/GMQrUsqkmeVCEC0sJZI0u41UIQM/HonNcERTH9z2a0rcvp6C+9g\n"
	    "zNI/ob8h6FwuTTPRk6ECQQD3B7QcqrLo8rxnQ1N4IXJaAE+erJExzGW6kmORSsrd\n"
	    "3HYPeXJcClW1xxNGxfO43/bcqvf5fDx/HBGpExPv7HfJAkEA64GyReswMCTB7FRy\n"
	    "L34+cvUQOHPWSBirj8EoIhXMghiatYH2HQAaEoze80gZRtoaui7u7gDY6kAIUE2x\n"
	    "otbrFQJBAPZGttjxkUZOYWhtpbSZW8DAmKAvmN1V0oGr2hoKv69qUEVjJZD/OK3u\n"
	    "F5iyVyYUGq+qv2f55PIwUKcH/xNt44kCQEGKq9GXnaaYZDvgWJLtIHYfy67aVhVk\n"
	    "gEKWsBOkW3ENZekDzTnO8HKfL+Em/JniUzPjoe0s4TF4Npgat0gpZe0CQD0IRytq\n"
	    "KVEYdKncV9jcMnzBpnvX/ZkiXciu4Wyi96Vtuh6wxxyF9bWHuLwzb02WWrry3xsB\n"
	    "Y60wCebo/+ZLLXI=\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_KOBLITZ] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgwIDWWFuA548GBj8S9Xpd\n"
	    "nCqln/NIT6uiDsuccHeQh0GhRANCAASR9QQY8FHdLoYVT2VrHTNcuGgfZ61ekPxD\n"
	    "3Ds749ZueKR8Ay/ZRYta8U40ivPqIDLI+gP/PfUlzoeH8zhnK3oT\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_ED25519] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MC4CAQAwBQYDK2VwBCIEINATrbwsQsuK//TiYKuNw3Ip8RgtJ2edYIdJW9ZpRmYh\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_P384] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBC54Zbsfc0obBwICvM\n"
	    "XH9wAQYM+DqJrla0l250g+15JNb6Sgtcp/eqiVBbCB3dfp2hZANiAAQ/BOYS6l8X\n"
	    "U6xQ1BnoBeDSF+EawhZjMiqjNsy+xjCm/oww10wi34XknY1IhfE34oNtu0X7e1cN\n"
	    "EAv08AbJ82+oK8c8klYxuZOjAZ8qwP3q/pKwiDgM38OcugiVYVs/ePg=\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_P521] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIA7f0iafPel3AaJEOZ\n"
	    "SYdl8ZB7b1uTOvZATsCwYoMNvgIt6PWotY4uIv76I8dQzZD/01ORBErlr439qCm5\n"
	    "lMv+3YihgYkDgYYABAAkmIuaEHrfMAgDsi6pdJXbq3kcngo188DRWOl5fOAu4Tmd\n"
	    "FpXky0twT3E4QsIYpK8sgUhhd5N6WpodXuXltU7GOgFESO7ggrXQ2LX6aCwaXuX9\n"
	    "780v7g2N/AIsfXYzpSrjNhC+I9nA5/HLuDZ36nBIqJ5zjVtW7TDytMD5BS10tvz6\n"
	    "KA==\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_PSS] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIIEugIBADALBgkqhkiG9w0BAQoEggSmMIIEogIBAAKCAQEAoeM5KnTb+scpOKc9\n"
	    "RDEUa807VawfJ77K6Wb8bVmyVHoUQBMUi480+knth9k6+ZPE4x3yk2xafp4CnJT7\n"
	    "Sv+U5mpaLsWw1bAtjZHO86vfyxhOW9Z3a124apYfM3De4X4TOeVWZRzt92OucSw4\n"
	    "VKEmU/Gd10Qs+vmWoOMdt35R1sIl9gWeSVv56keVODRJmj8+E4SBUYzH8V9+57Rq\n"
	    "gdaVuUfTll7D8JwPaRGuoV7zTLTF6yRyDu3mXp87yAEOaZ64eYcp6t09vwEnm4RM\n"
	    "hNsISwFf15jtN7c3Buc4AiUmhHJfj4Oz4V/qkjbK9s1PuB6omNBAHlDv39klJB1K\n"
	    "kLQRVwIDAQABAoIBAEX6O5a/putTNd1YZWJZuNMUhuZ0nY8HqRyVON5n3G8pyiEc\n"
	    "XlApWiQq2rNTUmvZ1Uy7gET7nG6JDOX0fF+h9RJYvJzlNZhZLIe6lHO+QuG+oviN\n"
	    "z1cozvO76sbIrn9YiSUInnzcsXyzqQ8gp0Tl1/SHR8xqmuruAo+PPSQ5RVUILR+L\n"
	    "7ge/t/vyxARyVs7IpcQ6r/EtcdoEDJFYrT7fKwdqsbNaQO6DMyMtVNwvgGebs7w3\n"
	    "3qb6HSeFJBq3a6+jNjmQwpeLJeVfgHHN0O496HIWOe8ILoKuNZCov8jRBeH5jaQL\n"
	    "kPdL/nxPC+2xHfJWi1amRrftzZfg64ki6S9PRzECgYEA2FruGb10uH3OnTUrk7GW\n"
	    "xWWRXJ0fVbH6z0uTC2PwWZagFJ6qbEd9ZtIdYDAqQX7h/2JNTy0/st/rs5F7NKie\n"
	    "xvQUU9Ruwgb9hOjKSLqObyz9CsCZPbXMRuX2tqmyh5hkLV2CKRut1YSWClZ7kIFk\n"
	    "pkpqm8ncHuHYwj74bI03MCkCgYEAv41BmKpAMmq0H4lOiODBhB78RyUQ8lROGRm4\n"
	    "SailDeOwsPOHqZt5Iw0huXMp3P+RvEdT+qbTo4/i6i5Nw+4HzCy6BEoWarmjIB/c\n"
	    "NkTBtQy2833MiHhlRjjm4t+MO8M97BepiKZdp4/npu2lT/WKZc6tF3I+2omtQRH/\n"
	    "f2gbZX8CgYBvLGpk96Fem+briULXJc4fqM1FFcfgNRB4LJFmrPf4URn4/n78HNAn\n"
	    "YZiOsLFF7nkazdyD7vBobf+jygHRUUQlX46CdQpk0Uq8XRJ0xMgkAK4WNFmKCDzr\n"
	    "wYdA3XpLitcPKJmVng95RCQFM+NSoeqiOGMHonZluA+14L2uqfHN4QKBgDtuqoGh\n"
	    "oVWDQevfAFz7z08dBg1U9NMbUTf8gO9pwfxzPulIRjlbodQ8SNBvaPfG3ALc5rOI\n"
	    "e3XuOOuL/ljiS80Pu4+FJTtr6a8X841q++ce0MzvpTxajqGhGhIeZjZMt7O/C7z4\n"
	    "UWqh/bAPYBFVD+HSpGX37oSD3xunZ+yx8n4lAoGAdrtOqh1xJWMTEUrpzbAQy0qW\n"
	    "UjLLZsl5wd/q5NmrVfKZJyl/mrzN3LTPNHmdkuCdbuSV1EM9vENs3/SNjF75QEvV\n"
	    "ySH7ZEK/3dFTsp1nNi7rdc/5odzNG6qa03pjehTGBXU6Bg+EhlJ1FHXam+QBR3HD\n"
	    "iZjQ9DY3hsX77TId9yw=\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_PSS_STRICT] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIIE8gIBADBBBgkqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAgUAoRwwGgYJKoZI\n"
	    "hvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCAUAEggSoMIIEpAIBAAKCAQEA51O0Du41\n"
	    "vlDZxuRU/T/xqPj9FcOtNQ9UBghtOa4mZajGxIQO/6sASE7zItgoOr80lvPAFnK2\n"
	    "hOkDdBGXESsUsqApSv9FqEOd6/Im41hRbUpspXKZVjbGgPfZpc10B3oklltGrnXl\n"
	    "xX2Sqdw8G3U3nZFVCwvLYzWFBhnT4cCYJ+3HGrfQ3nvDzMz3vtColjBH5oNBqgsI\n"
	    "+hXu4hNRuuC7J8Lrs+NFMjMgXgrOdX0KgAX9mDsEic5fXgar3ZFxKNJeIQC3Erby\n"
	    "5jhLmWko8bwDxK7kuMJV54R7gr7dH9ZLyjA1596BeJUBPlRo4I+BfsZ+8PSvCC0Q\n"
	    "SJd9XmDrwiX8gQIDAQABAoIBADdMlnLqRZ07ITBvZZTL3DaPXRr+ldGlGio+CfRb\n"
	    "uhCbzfZs9lPumkju3KckAsv2aPk8CFulbRXtSRbOXK1tPcusx2pHB20fyuj8UIkR\n"
	    "FBgbDkln0ZmfSwlKFrTQ3k+qRoROCiHLC9RP/kdOX20V8qdfdnPHTEXpZaUtd+4T\n"
	    "9xu2AsCLclPTeL7iOhir6ZWtYSRDq+YHzrDzp35Zwtxts+XO6gu194OjnSJ6xKnF\n"
	    "1cewAmwaeWRRT/V9coiNKqu2nBlC2fQtqSKDOFddIXC1KipvbR6x2rKJVy7ddgau\n"
	    "Wl4zgpJEpneO2KZ8j8cD8GrSlVWAZHk6MDBYvtK8b2b7fCUCgYEA97ma9RiEqOOW\n"
	    "UW/UJkXZ0ziwyBwDzNZUSQJv47/TtiJghgQIWWx47Cy78KMqyw9EUuV/pKI0EdIB\n"
	    "c7zK80iHSK8TkNqNRzxLpSxbIB5L4a8dIyMgog4gPqpqyo6/OLyQp/UtXsCfZC2f\n"
	    "drJD3cwjKTs5mcrP2xTAVB1G4bFIaDUCgYEA7w3fLgz1ihOhHY3HLqdmTgYI0fPm\n"
	    "E6XuIJK3V0fk86zzDnjwbN8fSwGbrhpfwJLdx07qIfEC7f730NIB8DUWPwupQoU2\n"
	    "ube7/8cWImKGSeM/bsLyqqWzzal5ZlQ/tT0FOUSQz4KbcKeq68YwCJZCSXcrCP2c\n"
	    "D/M2H9SPldrQRJ0CgYEAkaMDr64vZ58NI2lsPuf37I66l5qovUcQHDAbmbiP/dbu\n"
	    "CjvasL/tw2N1Rj6XDPQ3xch4p1BY7lUZV3KZmjd8mUWcah+iyUtwaXXPSO2mzNKH\n"
	    "fb3MFJnbaRwFVnpffzqUjLm+Z6M00c9knYKmFYJK9ZWFAp5SXskvXQQtRMhV+jUC\n"
	    "gYBkYt3i17xQtHeHEp+fPtreTvhrOlHW1GpQMWxecal6jpku7aiA/52DgPRgQ2EM\n"
	    "XGBXrxLxF+WUDesBPP9lYNWrufjlH03g5YBEI9VusRMVeiGMIL+I27bK2a1KRHzQ\n"
	    "XgSQjPOGwKEHyNEk24AWSwshELL4vo9Hv2luKnP1iQLGnQKBgQDua4tvWQ8JXrFK\n"
	    "4f9ZlIPp1emjw6kblI6IncCse8l3uZMNTCvGNW5Gsnz9E+ArB0gnEBb7yoZm5mks\n"
	    "R4lDljpi/LNs4zUESdhF43nLBmN7lNjtpgEnyydZ9btkxWgY4jWx3MNav38Zu1o3\n"
	    "bHQagWB6eGq5QqYm9w7k0IymR3SS2g==\n"
	    "-----END PRIVATE KEY-----\n",
	[PKI_KEY_PSS_SHA1] =
	    "-----BEGIN PRIVATE KEY-----\n"
	    "MIIEvQIBADANBgkqhkiG9w0BAQowAASCBKcwggSjAgEAAoIBAQC8d0zDtIUpGlti\n"
	    "Y5lliQFLFmpR/nw7LvHDapTqt5aWeNsdsdvBARcMquRjBvS7ViGX4myA6N2oxQSW\n"
	    "wU4vyMqvYTPpqUtZnKse9BfiCe5t6ma7urCFpek430edcN1HRLgjFQ0vQllHB1Ys\n"
	    "GJzv7bXD0ewnlCcMSbuEimWFdjVeqRyr2LPVV8wGtrSzRmDpM+vPzxyZtJUK12LI\n"
	    "hcDwush+5QSR6w8+Cjtd9RT+XbQX6ZuUeR7vIF6HHYlZo/VdXUxNkX2YDMLqT7D1\n"
	    "77TiWJnYhtZhthK99aK5MNPx70i5/2+zupKYXtAeSkfxjb7i9OFuYeTDjlrc8Hha\n"
	    "hwL1y7BbAgMBAAECggEAI338EOcQJLt39kF3g+2XNsLT5vkcADFJCloqDUHhtBiy\n"
	    "exchoWlJI/OS6ytGL3l6/hWABY7VH5Fq2dExnkIcGYcetaRSMmAUwdGKJeFk64I3\n"
	    "Mqdn0uN51mIGJJo6sc85NjIit4GxOnUhP1CrTWvgzS3dYV6/M8s26zD9CXNHfbnb\n"
	    "9lpkvbrSKY81VApmARtW2cBQBnWWDarcfWQUkkWLIyUTS+//jXE0PtNd9KmR+G3i\n"
	    "NBbfygcP71GEYXHQla5thna/1TnkLGLPu9+paQrvvA7h9hV0dHDGN5f5M27bvkC1\n"
	    "7OnNFV08nirnB+1WGGo8DbFeYXyPBIVAktP6l/NtsQKBgQD4bqg+vXF2ng4fGVEk\n"
	    "Kxz1PB7XGw1u5VhbCuoa/mQzjSZ83ANXuYhbKCMoFK2mnB557p87xVo1X1VSkL7u\n"
	    "2DuGCNbC6zy7uTqbKeSks4I8V8Dvdc5MuuG7XfWG2l+Ug6hy9o4rmm1JBsbHnS2e\n"
	    "SVvd1cCXcWi1HLLK+C1omeGE7QKBgQDCNQJttOK6CsBA5+mphlksUWn1yYpOhrdy\n"
	    "GfC7wpZbBJLhIT1khN1wM6u+XeUuVtV9SZFK0FuL9pfO2LI03lgC0TCUgou3PuBQ\n"
	    "hlIOzKL90cd6YNyk/h2Y8Xvq0/DLYQSN2+tFnUc8GbjohWcDZnDOVPCJH6QfcZS6\n"
	    "8qmjZ3JpZwKBgQCPmo+AbMt4kJaDHYRMzusXSuBc4RNbxhDT17RJVEGhlvbnd9oq\n"
	    "zGFoqAPieEmEpHvtaaT7zPF/JpNQfcEQmUeXC+bwlz/tF34sEQRMvEMNFIC/Kq7M\n"
	    "pb40K3TwtaxIUe5+Pc0ioUqIyvT+j/m9pJQI4DVKlVC8WFF1iA3fiAvXZQKBgCJM\n"
	    "6IPl2dGQCoqsKznUz7UjH/rYQMRDyOyvJjSTVqj2stZuX4B8cvvZNHEn9k1r6sL5\n"
	    "Fl9HU5Px1rgiz77Esni058ajE/gmc8nlH2Mbw4He5kN4DiBZ/XJA3GkKS9Iv7XT8\n"
	    "rZ4a/DTiOiVfQmV4V14p5F3jp8Ih9mnaaBnDMJLrAoGAL9ewXeJlQ0ydFU73m7GG\n"
	    "MQ6m4mvm0S/88UJwIJmFzk4ad/Z0igs+9DBvTend+WUPUS4+sHoZtc4iCByY4CrP\n"
	    "L7cX9LzoywsLw4CDDtC0lD4Ej+OKKMm2i06Viam2FojZ9U33Z5sP2d+2gtl5N9m2\n"
	    "W/n3oHQhJO/649pvUWd8FAU=\n"
	    "-----END PRIVATE KEY-----\n",
};

const char *
pki_key_pem(PkiKey which)
{
	return key_pems[which];
}

EVP_PKEY *
pki_key(PkiKey which)
{
	static EVP_PKEY *keys[PKI_N_KEYS];

	if (keys[which] == NULL) {
		g_autoptr(BIO) bio = BIO_new_mem_buf(key_pems[which], -1);

		keys[which] = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
		g_assert(keys[which] != NULL);
	}
	return keys[which];
}

/* Ed25519 has its digest inside. */
static const EVP_MD *
signing_digest(PkiKey key, const EVP_MD *(*digest)(void))
{
	if (key == PKI_KEY_ED25519)
		return NULL;
	return digest != NULL ? digest() : EVP_sha256();
}

/* --- certificates -------------------------------------------------------- */

static void
set_time(ASN1_TIME *time, gint64 offset)
{
	g_assert(ASN1_TIME_set(time, (time_t)(PKI_NOW + offset)) != NULL);
}

static void
name_add(X509_NAME *name, int nid, const char *text)
{
	if (text != NULL)
		g_assert(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
			     (const guchar *)text, -1, -1, 0) == 1);
}

/* value as in openssl.cnf, which may name sections (NULL: none). */
static X509_EXTENSION *
make_extension(
    X509V3_CTX *context, int nid, const char *value, const char *sections)
{
	CONF *conf = NCONF_new(NULL);
	g_autoptr(BIO) bio =
	    BIO_new_mem_buf(sections != NULL ? sections : "", -1);
	X509_EXTENSION *extension;
	long line;

	/* An empty file is an error to OpenSSL. */
	if (sections != NULL)
		g_assert(NCONF_load_bio(conf, bio, &line) == 1);
	X509V3_set_nconf(context, conf);
	extension = X509V3_EXT_nconf_nid(conf, context, nid, value);
	g_assert(extension != NULL);
	NCONF_free(conf);
	return extension;
}

/* NULL and "" add nothing. */
static void
cert_add_sections(
    X509 *cert, X509 *issuer, int nid, const char *value, const char *sections)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	if (value == NULL || *value == '\0')
		return;
	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = make_extension(&context, nid, value, sections);
	g_assert(X509_add_ext(cert, extension, -1) == 1);
	X509_EXTENSION_free(extension);
}

static void
cert_add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	cert_add_sections(cert, issuer, nid, value, NULL);
}

static X509_EXTENSION *
unknown_extension(const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	ASN1_OCTET_STRING_set(value, (const guchar *)"\x05", 2);
	extension = X509_EXTENSION_create_by_OBJ(NULL, object, 1, value);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
	g_assert(extension != NULL);
	return extension;
}

static GENERAL_NAME *
mailbox_name(const char *mailbox)
{
	GENERAL_NAME *name = GENERAL_NAME_new();

	if (g_str_has_prefix(mailbox, "utf8:")) {
		ASN1_TYPE *value = ASN1_TYPE_new();
		ASN1_UTF8STRING *text = ASN1_UTF8STRING_new();

		ASN1_STRING_set(text, mailbox + 5, -1);
		ASN1_TYPE_set(value, V_ASN1_UTF8STRING, text);
		GENERAL_NAME_set0_othername(
		    name, OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox), value);
	} else {
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();

		ASN1_STRING_set(text, mailbox, -1);
		GENERAL_NAME_set0_value(name, GEN_EMAIL, text);
	}
	return name;
}

static void
cert_add_mailboxes(X509 *cert, const char *mailboxes)
{
	g_auto(GStrv) list = NULL;
	g_autoptr(GENERAL_NAMES) names = sk_GENERAL_NAME_new_null();

	if (mailboxes == NULL)
		return;
	list = g_strsplit(mailboxes, " ", -1);
	for (char **mailbox = list; *mailbox != NULL; mailbox++)
		sk_GENERAL_NAME_push(names, mailbox_name(*mailbox));
	g_assert(
	    X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1);
}

static const char *
or_default(const char *value, const char *otherwise)
{
	return value != NULL ? value : otherwise;
}

static void
cert_add_extensions(X509 *cert, const PkiCert *spec, X509 *issuer)
{
	g_autofree char *point = spec->crl_url != NULL ?
	    g_strconcat("URI:", spec->crl_url, NULL) :
	    NULL;
	g_autofree char *access = spec->ocsp_url != NULL ?
	    g_strconcat("OCSP;URI:", spec->ocsp_url, NULL) :
	    NULL;

	cert_add_extension(cert, issuer, NID_basic_constraints,
	    or_default(
		spec->constraints, spec->is_ca ? "critical,CA:TRUE" : NULL));
	cert_add_extension(cert, issuer, NID_key_usage,
	    or_default(spec->key_usage,
		spec->is_ca ? "critical,keyCertSign,cRLSign" :
			      "critical,digitalSignature,nonRepudiation"));
	cert_add_extension(cert, issuer, NID_ext_key_usage,
	    or_default(spec->eku, spec->is_ca ? NULL : "emailProtection"));
	if (spec->eku_twice)
		cert_add_extension(
		    cert, issuer, NID_ext_key_usage, "emailProtection");
	cert_add_extension(cert, issuer, NID_name_constraints, spec->names);
	cert_add_extension(cert, issuer, NID_crl_distribution_points, point);
	cert_add_sections(cert, issuer, NID_crl_distribution_points,
	    spec->points, spec->sections);
	cert_add_extension(cert, issuer, NID_info_access, access);
	cert_add_extension(cert, issuer, NID_info_access, spec->access);
	cert_add_extension(
	    cert, issuer, NID_id_pkix_OCSP_noCheck, spec->no_check);
	cert_add_extension(
	    cert, issuer, NID_certificate_policies, spec->policies);
	cert_add_extension(cert, issuer, NID_policy_mappings, spec->mappings);
	cert_add_extension(
	    cert, issuer, NID_policy_constraints, spec->policy_constraints);
	cert_add_extension(
	    cert, issuer, NID_inhibit_any_policy, spec->inhibit_any);
	cert_add_mailboxes(cert, spec->mailboxes);
	if (!spec->no_key_ids) {
		cert_add_extension(
		    cert, issuer, NID_subject_key_identifier, "hash");
		cert_add_extension(
		    cert, issuer, NID_authority_key_identifier, "keyid");
	}
	if (spec->unknown != NULL) {
		X509_EXTENSION *extension = unknown_extension(spec->unknown);

		X509_add_ext(cert, extension, -1);
		X509_EXTENSION_free(extension);
	}
}

static PkiKey
cert_key(const PkiCert *spec, const X509 *issuer)
{
	if (spec->key != 0)
		return spec->key;
	if (!spec->is_ca)
		return PKI_KEY_LEAF;
	return issuer != NULL ? PKI_KEY_CA : PKI_KEY_ROOT;
}

X509 *
pki_cert(const PkiCert *spec, X509 *issuer, PkiKey issuer_key)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	PkiKey key = cert_key(spec, issuer);
	bool usual = spec->from == 0 && spec->until == 0;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert),
	    spec->serial != 0 ? spec->serial : 4711);
	set_time(X509_getm_notBefore(cert), usual ? -PKI_YEAR : spec->from);
	set_time(X509_getm_notAfter(cert), usual ? PKI_YEAR : spec->until);
	name_add(name, NID_countryName, "ID");
	name_add(name, NID_commonName, or_default(spec->name, "Budi Test"));
	name_add(name, NID_pkcs9_emailAddress, spec->email);
	if (spec->edit != NULL)
		spec->edit(cert, spec->argument);
	X509_set_issuer_name(
	    cert, X509_get_subject_name(issuer != NULL ? issuer : cert));
	X509_set_pubkey(cert, pki_key(key));
	cert_add_extensions(cert, spec, issuer != NULL ? issuer : cert);
	if (issuer == NULL)
		issuer_key = key;
	g_assert(X509_sign(cert, pki_key(issuer_key),
		     signing_digest(issuer_key, spec->digest)) > 0);
	return cert;
}

Pki *
pki_new_from(PkiCert root, PkiCert ca, PkiKey root_key, const PkiCert *leaf,
    PkiKey ca_key)
{
	Pki *pki = g_new0(Pki, 1);

	root.name = or_default(root.name, "Root Test");
	ca.name = or_default(ca.name, "CA Test");
	root.is_ca = ca.is_ca = true;
	root.serial = 1;
	ca.serial = 2;
	pki->leaf_key = cert_key(leaf, NULL);
	pki->root = pki_cert(&root, NULL, 0);
	pki->ca = pki_cert(&ca, pki->root, root_key);
	pki->leaf = pki_cert(leaf, pki->ca, ca_key);
	return pki;
}

Pki *
pki_new(const PkiCert *leaf)
{
	static const PkiCert usual = { .mailboxes = "budi@daerah.example" };

	return pki_new_from((PkiCert){ 0 }, (PkiCert){ 0 }, PKI_KEY_ROOT,
	    leaf != NULL ? leaf : &usual, PKI_KEY_CA);
}

void
pki_free(Pki *pki)
{
	if (pki == NULL)
		return;
	X509_free(pki->root);
	X509_free(pki->ca);
	X509_free(pki->leaf);
	g_free(pki);
}

/* --- revocation lists ---------------------------------------------------- */

static void
crl_add_extension(X509_CRL *crl, X509 *issuer, int nid, const char *value,
    const char *sections)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
	extension = make_extension(&context, nid, value, sections);
	X509_CRL_add_ext(crl, extension, -1);
	X509_EXTENSION_free(extension);
}

static void
crl_add_number(X509_CRL *crl, int nid, long number, bool critical)
{
	ASN1_INTEGER *value = ASN1_INTEGER_new();

	ASN1_INTEGER_set(value, number);
	X509_CRL_add1_ext_i2d(crl, nid, value, critical, 0);
	ASN1_INTEGER_free(value);
}

static void
entry_add_reason(X509_REVOKED *entry, int code)
{
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	ASN1_ENUMERATED_set(reason, code);
	X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
	ASN1_ENUMERATED_free(reason);
}

static void
entry_add_issuer(X509_REVOKED *entry, X509 *cert)
{
	g_autoptr(GENERAL_NAMES) names = sk_GENERAL_NAME_new_null();
	GENERAL_NAME *name = GENERAL_NAME_new();

	GENERAL_NAME_set0_value(
	    name, GEN_DIRNAME, X509_NAME_dup(X509_get_issuer_name(cert)));
	sk_GENERAL_NAME_push(names, name);
	X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, names, 1, 0);
}

static void
crl_add_entry(X509_CRL *crl, const PkiEntry *spec)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *since = ASN1_TIME_new();

	set_time(since, -2 * PKI_DAY);
	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(spec->cert));
	X509_REVOKED_set_revocationDate(entry, since);
	ASN1_TIME_free(since);
	if (spec->reason != 0)
		entry_add_reason(entry, spec->reason);
	if (spec->names_issuer)
		entry_add_issuer(entry, spec->cert);
	if (spec->unknown != NULL) {
		X509_EXTENSION *extension = unknown_extension(spec->unknown);

		X509_REVOKED_add_ext(entry, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_CRL_add0_revoked(crl, entry);
}

static void
crl_add_wrong_key_id(X509_CRL *crl)
{
	AUTHORITY_KEYID *id = AUTHORITY_KEYID_new();

	id->keyid = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(id->keyid, (const guchar *)"elsewhere", 9);
	X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, id, 0, 0);
	AUTHORITY_KEYID_free(id);
}

static void
crl_add_extensions(X509_CRL *crl, const PkiCrl *spec, X509 *issuer)
{
	if (spec->wrong_key_id)
		crl_add_wrong_key_id(crl);
	else
		crl_add_extension(
		    crl, issuer, NID_authority_key_identifier, "keyid", NULL);
	if (!spec->no_number)
		crl_add_number(crl, NID_crl_number,
		    spec->number != 0 ? spec->number : 7, false);
	if (spec->delta)
		crl_add_number(
		    crl, NID_delta_crl, spec->base != 0 ? spec->base : 6, true);
	if (spec->idp != NULL)
		crl_add_extension(crl, issuer, NID_issuing_distribution_point,
		    spec->idp, spec->sections);
	if (spec->unknown != NULL) {
		X509_EXTENSION *extension = unknown_extension(spec->unknown);

		X509_CRL_add_ext(crl, extension, -1);
		X509_EXTENSION_free(extension);
	}
}

X509_CRL *
pki_crl(const PkiCrl *spec, X509 *issuer, PkiKey issuer_key)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_new();

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	set_time(time, spec->this_update != 0 ? spec->this_update : -PKI_DAY);
	X509_CRL_set1_lastUpdate(crl, time);
	if (spec->next_update != PKI_NO_NEXT_UPDATE) {
		set_time(time,
		    spec->next_update != 0 ? spec->next_update : 7 * PKI_DAY);
		X509_CRL_set1_nextUpdate(crl, time);
	}
	ASN1_TIME_free(time);
	if (spec->revoked != NULL)
		crl_add_entry(crl,
		    &(PkiEntry){
			.cert = spec->revoked, .reason = spec->reason });
	for (gsize i = 0; i < spec->n_entries; i++)
		crl_add_entry(crl, &spec->entries[i]);
	crl_add_extensions(crl, spec, issuer);
	g_assert(X509_CRL_sign(crl, pki_key(issuer_key),
		     spec->digest != NULL ? spec->digest() : EVP_sha256()) > 0);
	return crl;
}

/* --- DER ----------------------------------------------------------------- */

#define DER_BITS 0x03
#define DER_OCTETS 0x04
#define DER_NULL 0x05
#define DER_ENUMERATED 0x0a
#define DER_UTF8 0x0c
#define DER_UTCTIME 0x17
#define DER_SET 0x31
#define DER_CONTEXT(n) (0xa0 | (n))

static GByteArray *
der_raw(const void *data, gsize size)
{
	GByteArray *out = g_byte_array_new();

	return g_byte_array_append(out, data, (guint)size);
}

/* Fills in the length; returns the size of all of it. */
static guint
der_head(guint8 *head, guint length)
{
	g_assert(length < 1U << 24);
	if (length < 128) {
		head[1] = (guint8)length;
		return 2;
	}
	if (length < 256) {
		head[1] = 0x81;
		head[2] = (guint8)length;
		return 3;
	}
	if (length < 65536) {
		head[1] = 0x82;
		head[2] = (guint8)(length >> 8);
		head[3] = (guint8)length;
		return 4;
	}
	head[1] = 0x83;
	head[2] = (guint8)(length >> 16);
	head[3] = (guint8)(length >> 8);
	head[4] = (guint8)length;
	return 5;
}

/* tag, length and all parts (each taken, up to NULL) one after the other. */
static GByteArray *
der(guint8 tag, GByteArray *first, ...)
{
	g_autoptr(GByteArray) inner = g_byte_array_new();
	GByteArray *out = g_byte_array_new();
	guint8 head[5] = { tag };
	va_list ap;

	va_start(ap, first);
	for (GByteArray *part = first; part != NULL;
	     part = va_arg(ap, GByteArray *)) {
		g_byte_array_append(inner, part->data, part->len);
		g_byte_array_unref(part);
	}
	va_end(ap);
	g_byte_array_append(out, head, der_head(head, inner->len));
	g_byte_array_append(out, inner->data, inner->len);
	return out;
}

/* Takes inner. */
static GByteArray *
der_around(guint8 tag, DerWalk before, GByteArray *inner)
{
	GByteArray *out = der_wrap(
	    tag, before, (DerWalk){ inner->data, inner->data + inner->len });

	g_byte_array_unref(inner);
	return out;
}

static GByteArray *
der_indefinite(guint8 tag, GByteArray *inner)
{
	guint8 head[2] = { tag, 0x80 }, end[2] = { 0, 0 };
	GByteArray *out = der_raw(head, 2);

	g_byte_array_append(out, inner->data, inner->len);
	g_byte_array_unref(inner);
	return g_byte_array_append(out, end, 2);
}

static GByteArray *
der_value(guint8 tag, const void *data, gsize size)
{
	return der(tag, der_raw(data, size), NULL);
}

static GByteArray *
der_small(guint8 number)
{
	return der_value(DER_INTEGER, &number, 1);
}

static GByteArray *
der_oid(int nid)
{
	guchar *data = NULL;
	int size = i2d_ASN1_OBJECT(OBJ_nid2obj(nid), &data);
	GByteArray *out = der_raw(data, (gsize)size);

	OPENSSL_free(data);
	return out;
}

static GByteArray *
der_algorithm(int nid)
{
	return der(
	    DER_SEQUENCE, der_oid(nid), der_value(DER_NULL, "", 0), NULL);
}

static GByteArray *
der_cert(X509 *cert)
{
	g_autoptr(GBytes) bytes = pki_cert_der(cert);
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);

	return der_raw(data, size);
}

static GByteArray *
der_join(GByteArray *first, GByteArray *second)
{
	g_byte_array_append(first, second->data, second->len);
	g_byte_array_unref(second);
	return first;
}

/* --- signatures ---------------------------------------------------------- */

/* RFC 4055, section 3.1: SHA-256, MGF1 with it, 32 octets of salt. */
static GByteArray *
pss_algorithm(void)
{
	GByteArray *mask = der(
	    DER_SEQUENCE, der_oid(NID_mgf1), der_algorithm(NID_sha256), NULL);

	return der(DER_SEQUENCE, der_oid(NID_rsassaPss),
	    der(DER_SEQUENCE,
		der(DER_CONTEXT(0), der_algorithm(NID_sha256), NULL),
		der(DER_CONTEXT(1), mask, NULL),
		der(DER_CONTEXT(2), der_small(32), NULL), NULL),
	    NULL);
}

static GByteArray *
signature_algorithm(const PkiSigner *signer)
{
	const EVP_MD *md = signing_digest(0, signer->digest);
	int kind = EVP_PKEY_get_base_id(pki_key(signer->key)), nid;

	if (signer->flaws & PKI_WITH_PSS)
		return pss_algorithm();
	if (kind == EVP_PKEY_RSA)
		return der_algorithm(NID_rsaEncryption);
	if (kind != EVP_PKEY_EC)
		return der(DER_SEQUENCE, der_oid(kind), NULL);
	g_assert(OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md), kind) == 1);
	return der(DER_SEQUENCE, der_oid(nid), NULL);
}

static GByteArray *
attribute(int nid, GByteArray *values)
{
	return der(
	    DER_SEQUENCE, der_oid(nid), der(DER_SET, values, NULL), NULL);
}

static GByteArray *
digest_attribute(const PkiSigner *signer, const void *content, gsize size)
{
	const EVP_MD *md = signing_digest(0, signer->digest);
	guchar digest[EVP_MAX_MD_SIZE];
	guint digest_size;
	GByteArray *value;

	EVP_Digest(content, size, digest, &digest_size, md, NULL);
	if (signer->flaws & PKI_FLAW_WRONG_DIGEST)
		digest[0] ^= 1;
	value = der_value(DER_OCTETS, digest, digest_size);
	if (signer->flaws & PKI_FLAW_TWO_VALUES)
		value = der_join(value, der_value(DER_OCTETS, "", 0));
	return attribute(NID_pkcs9_messageDigest, value);
}

static GByteArray *
time_attribute(const PkiSigner *signer)
{
	g_autoptr(GDateTime) at =
	    g_date_time_new_from_unix_utc(PKI_NOW + signer->time);
	g_autofree char *text = g_date_time_format(at, "%y%m%d%H%M%SZ");

	return attribute(NID_pkcs9_signingTime,
	    signer->flaws & PKI_FLAW_BAD_TIME ?
		der_value(DER_UTF8, "kemarin", 7) :
		der_value(DER_UTCTIME, text, strlen(text)));
}

/* ESSCertIDv2 with the default algorithm, RFC 5035, section 4; or ESSCertID. */
static GByteArray *
ess_name(X509 *cert, const EVP_MD *md)
{
	guchar digest[EVP_MAX_MD_SIZE];
	guint size;

	X509_digest(cert, md, digest, &size);
	return der(DER_SEQUENCE, der_value(DER_OCTETS, digest, size), NULL);
}

static GByteArray *
ess_attribute(const PkiSigner *signer)
{
	guint flaws = signer->flaws;
	X509 *named =
	    flaws & PKI_FLAW_ESS_WRONG ? signer->issuer : signer->cert;
	bool v1 = flaws & PKI_WITH_ESS_V1;
	const EVP_MD *md = v1 ? EVP_sha1() : EVP_sha256();
	GByteArray *names = g_byte_array_new(), *value;

	if ((flaws & PKI_FLAW_ESS_NO_NAMES) == 0)
		names = der_join(names, ess_name(named, md));
	if (flaws & PKI_WITH_ESS_CHAIN)
		names = der_join(names, ess_name(signer->issuer, md));
	value = der(DER_SEQUENCE, der(DER_SEQUENCE, names, NULL), NULL);
	if (flaws & PKI_FLAW_ESS_GARBAGE) {
		g_byte_array_unref(value);
		value = der_value(DER_UTF8, "Budi", 4);
	}
	if (flaws & PKI_FLAW_ESS_TWO_VALUES)
		value = der_join(value, der_raw(value->data, value->len));
	return attribute(v1 ? NID_id_smime_aa_signingCertificate :
			      NID_id_smime_aa_signingCertificateV2,
	    value);
}

static int
digest_nid(const PkiSigner *signer)
{
	return EVP_MD_get_type(signing_digest(0, signer->digest));
}

/* [number] IMPLICIT: another tag for what algorithm is. */
static GByteArray *
tagged(guint number, GByteArray *algorithm)
{
	algorithm->data[0] = (guint8)(0xa0 | number);
	return algorithm;
}

/* RFC 6211, section 2. */
static GByteArray *
protection_attribute(const PkiSigner *signer)
{
	static const guint8 oid[] = { V_ASN1_OBJECT, 9, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 1, 9, 52 };
	guint flaws = signer->flaws;
	GByteArray *value = der_algorithm(flaws & PKI_FLAW_PROTECTED_DIGEST ?
		NID_sha512 :
		digest_nid(signer));

	value = der_join(value,
	    tagged(flaws & PKI_FLAW_PROTECTED_MAC ? 2 : 1,
		flaws & PKI_FLAW_PROTECTED_SIGNATURE ?
		    der_algorithm(NID_sha256WithRSAEncryption) :
		    signature_algorithm(signer)));
	return der(DER_SEQUENCE, der_raw(oid, sizeof(oid)),
	    der(DER_SET, der(DER_SEQUENCE, value, NULL), NULL), NULL);
}

static void
add_if(GByteArray *out, bool wanted, GByteArray *part)
{
	if (wanted)
		g_byte_array_append(out, part->data, part->len);
	g_byte_array_unref(part);
}

/* SignedAttributes without their tag. */
static GByteArray *
attributes(
    const PkiSigner *signer, const void *content, gsize size, int content_type)
{
	GByteArray *out = g_byte_array_new();
	guint flaws = signer->flaws;

	if (flaws & PKI_FLAW_WRONG_CONTENT_TYPE)
		content_type = NID_pkcs7_enveloped;
	add_if(out, (flaws & PKI_FLAW_NO_CONTENT_TYPE) == 0,
	    attribute(NID_pkcs9_contentType, der_oid(content_type)));
	add_if(out, (flaws & PKI_WITH_NO_TIME) == 0, time_attribute(signer));
	add_if(out, (flaws & PKI_FLAW_TWO_TIMES) != 0, time_attribute(signer));
	add_if(out, (flaws & PKI_FLAW_NO_DIGEST) == 0,
	    digest_attribute(signer, content, size));
	add_if(out, (flaws & PKI_FLAW_TWO_DIGESTS) != 0,
	    digest_attribute(signer, content, size));
	add_if(out, (flaws & PKI_WITH_NO_ESS) == 0, ess_attribute(signer));
	add_if(out, (flaws & PKI_WITH_UNKNOWN_ATTRIBUTE) != 0,
	    attribute(NID_pkcs9_unstructuredName,
		der_value(DER_UTF8, "apa saja", 8)));
	add_if(out, (flaws & PKI_WITH_PROTECTION) != 0,
	    protection_attribute(signer));
	return out;
}

/* What is signed where there are attributes (RFC 5652, section 5.4). */
static GByteArray *
attribute_set(
    const PkiSigner *signer, const void *content, gsize size, int content_type)
{
	return der(
	    DER_SET, attributes(signer, content, size, content_type), NULL);
}

static GByteArray *
raw_signature(const PkiSigner *signer, const void *data, gsize size)
{
	g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_context;
	guchar signature[512];
	gsize signature_size = sizeof(signature);

	g_assert(EVP_DigestSignInit(context, &key_context,
		     signing_digest(signer->key, signer->digest), NULL,
		     pki_key(signer->key)) == 1);
	if (signer->flaws & PKI_WITH_PSS) {
		EVP_PKEY_CTX_set_rsa_padding(
		    key_context, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(
		    key_context, RSA_PSS_SALTLEN_DIGEST);
	}
	g_assert(EVP_DigestSign(
		     context, signature, &signature_size, data, size) == 1);
	if (signer->flaws & PKI_FLAW_WRONG_SIGNATURE)
		signature[signature_size - 1] ^= 1;
	return der_raw(signature, signature_size);
}

static GByteArray *
signature_of(const PkiSigner *signer, const void *data, gsize size)
{
	return der(DER_OCTETS, raw_signature(signer, data, size), NULL);
}

static GByteArray *
signer_id(const PkiSigner *signer)
{
	const ASN1_OCTET_STRING *key_id =
	    X509_get0_subject_key_id(signer->cert);
	guchar *name = NULL, *serial = NULL;
	int name_size, serial_size;
	GByteArray *out;

	if (signer->flaws & PKI_WITH_KEY_ID)
		return der_value(0x80, ASN1_STRING_get0_data(key_id),
		    (gsize)ASN1_STRING_length(key_id));
	name_size = i2d_X509_NAME(X509_get_issuer_name(signer->cert), &name);
	serial_size =
	    i2d_ASN1_INTEGER(X509_get_serialNumber(signer->cert), &serial);
	out = der(DER_SEQUENCE, der_raw(name, (gsize)name_size),
	    der_raw(serial, (gsize)serial_size), NULL);
	OPENSSL_free(name);
	OPENSSL_free(serial);
	return out;
}

static GByteArray *
signer_info(
    const PkiSigner *signer, const void *content, gsize size, int content_type)
{
	GByteArray *head = der_small(signer->flaws & PKI_WITH_KEY_ID ? 3 : 1);
	GByteArray *signature;

	head = der_join(head, signer_id(signer));
	head = der_join(head, der_algorithm(digest_nid(signer)));
	if (signer->flaws & PKI_FLAW_NO_ATTRIBUTES) {
		signature = signature_of(signer, content, size);
	} else {
		GByteArray *set =
		    attribute_set(signer, content, size, content_type);

		signature = signature_of(signer, set->data, set->len);
		if ((signer->flaws & PKI_FLAW_ATTRIBUTES_AS_CONTENT) == 0)
			head = der_join(head, tagged(0, g_byte_array_ref(set)));
		g_byte_array_unref(set);
	}
	return der(
	    DER_SEQUENCE, head, signature_algorithm(signer), signature, NULL);
}

/* --- signed data --------------------------------------------------------- */

/* eContent is attached, which need not be what is signed. */
static GByteArray *
content_info(const PkiCms *spec, GBytes *attached, int content_type)
{
	gsize size;
	const char *content = g_bytes_get_data(attached, &size);
	gsize half = size / 2;
	GByteArray *octets;

	if ((spec->flags & PKI_CMS_ATTACHED) == 0)
		return der(DER_SEQUENCE, der_oid(content_type), NULL);
	if (spec->flags & PKI_CMS_CHUNKED)
		octets = der_indefinite(DER_OCTETS | 0x20,
		    der_join(der_value(DER_OCTETS, content, half),
			der_value(DER_OCTETS, content + half, size - half)));
	else
		octets = der_value(DER_OCTETS, content, size);
	return der(DER_SEQUENCE, der_oid(content_type),
	    der(DER_CONTEXT(0), octets, NULL), NULL);
}

static GByteArray *
certificates(const PkiCms *spec)
{
	GByteArray *all = g_byte_array_new();

	if (spec->flags & PKI_CMS_NO_CERTS)
		return all;
	for (gsize i = 0; spec->certs != NULL && spec->certs[i] != NULL; i++)
		all = der_join(all, der_cert(spec->certs[i]));
	return all->len > 0 ? der(DER_CONTEXT(0), all, NULL) : all;
}

static GByteArray *
revocation_lists(X509_CRL *const *lists)
{
	GByteArray *all = g_byte_array_new();

	for (gsize i = 0; lists != NULL && lists[i] != NULL; i++) {
		GBytes *octets = pki_crl_der(lists[i]);
		gsize size;
		const void *data = g_bytes_get_data(octets, &size);

		all = g_byte_array_append(all, data, (guint)size);
		g_bytes_unref(octets);
	}
	return all;
}

/* SignedData without its tag; takes revocation. */
static GByteArray *
signed_data(const PkiCms *spec, const void *content, gsize size,
    GBytes *attached, int type, GByteArray *revocation)
{
	GByteArray *digests = g_byte_array_new();
	GByteArray *signers = g_byte_array_new();
	GByteArray *out = der_small(type == NID_pkcs7_data ? 1 : 3);

	for (gsize i = 0; i < spec->n_signers; i++) {
		const PkiSigner *signer = &spec->signers[i];

		add_if(digests, (spec->flags & PKI_CMS_NO_DIGESTS) == 0,
		    der_algorithm(digest_nid(signer)));
		signers =
		    der_join(signers, signer_info(signer, content, size, type));
	}
	out = der_join(out, der(DER_SET, digests, NULL));
	if (spec->n_signers > 0 &&
	    spec->signers[0].flaws & PKI_FLAW_ATTRIBUTES_AS_CONTENT) {
		g_autoptr(GByteArray) set =
		    attribute_set(spec->signers, content, size, type);
		g_autoptr(GBytes) octets = g_bytes_new(set->data, set->len);

		out = der_join(out, content_info(spec, octets, type));
	} else {
		out = der_join(out, content_info(spec, attached, type));
	}
	out = der_join(out, certificates(spec));
	if (revocation->len > 0)
		revocation = der(DER_CONTEXT(1), revocation, NULL);
	out = der_join(out, revocation);
	return der_join(out, der(DER_SET, signers, NULL));
}

static GByteArray *
cms_octets(const PkiCms *spec, GByteArray *inside)
{
	if (spec->flags & PKI_CMS_INDEFINITE)
		return der_indefinite(DER_SEQUENCE,
		    der_join(der_oid(NID_pkcs7_signed),
			der_indefinite(DER_CONTEXT(0),
			    der_indefinite(DER_SEQUENCE, inside))));
	return der(DER_SEQUENCE, der_oid(NID_pkcs7_signed),
	    der(DER_CONTEXT(0), der(DER_SEQUENCE, inside, NULL), NULL), NULL);
}

static GBytes *
whole_cms(const PkiCms *spec, GByteArray *inside)
{
	GByteArray *octets = cms_octets(spec, inside);

	if (spec->flags & PKI_CMS_TRAILING)
		g_byte_array_append(octets, (const guint8 *)"", 1);
	if (spec->flags & PKI_CMS_TRUNCATED)
		g_byte_array_set_size(octets, octets->len - 1);
	return g_byte_array_free_to_bytes(octets);
}

GBytes *
pki_cms_around(const void *content, gsize size, const PkiCms *spec,
    GBytes *attached, int content_type)
{
	return whole_cms(spec,
	    signed_data(spec, content, size, attached, content_type,
		g_byte_array_new()));
}

static GBytes *
cms_with(
    const void *content, gsize size, const PkiCms *spec, GByteArray *revocation)
{
	g_autoptr(GBytes) attached = g_bytes_new(content, size);

	return whole_cms(spec,
	    signed_data(spec, content, size, attached,
		spec->flags & PKI_CMS_TIMESTAMP ? NID_id_smime_ct_TSTInfo :
						  NID_pkcs7_data,
		revocation));
}

GBytes *
pki_cms_with_lists(
    const void *content, gsize size, const PkiCms *spec, X509_CRL *const *lists)
{
	return cms_with(content, size, spec, revocation_lists(lists));
}

GBytes *
pki_cms_with_other(
    const void *content, gsize size, const PkiCms *spec, GBytes *other)
{
	gsize other_size;
	const void *data = g_bytes_get_data(other, &other_size);

	return cms_with(content, size, spec, der_raw(data, other_size));
}

GBytes *
pki_other_ocsp(GBytes *response)
{
	gsize size;
	const void *data = g_bytes_get_data(response, &size);
	ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.5.5.7.16.2", 1);
	guchar *oid = NULL;
	int oid_size = i2d_ASN1_OBJECT(type, &oid);
	GByteArray *out = der(DER_CONTEXT(1), der_raw(oid, (gsize)oid_size),
	    der_raw(data, size), NULL);

	OPENSSL_free(oid);
	ASN1_OBJECT_free(type);
	return g_byte_array_free_to_bytes(out);
}

GBytes *
pki_cms(const void *content, gsize size, const PkiCms *spec)
{
	return pki_cms_with_lists(content, size, spec, NULL);
}

GBytes *
pki_sign(const Pki *pki, const char *content, guint flags, guint flaws)
{
	PkiSigner signer = { .cert = pki->leaf,
		.issuer = pki->ca,
		.key = pki->leaf_key,
		.flaws = flaws };
	X509 *const certs[] = { pki->leaf, pki->ca, NULL };
	PkiCms spec = { &signer, 1, certs, flags };

	return pki_cms(content, strlen(content), &spec);
}

/* --- OCSP responses ------------------------------------------------------ */

static GByteArray *
ocsp_time(gint64 offset, bool bad)
{
	ASN1_GENERALIZEDTIME *time =
	    ASN1_GENERALIZEDTIME_set(NULL, (time_t)(PKI_NOW + offset));
	guchar *data = NULL;
	GByteArray *out;
	int size;

	g_assert(time != NULL);
	if (bad)
		ASN1_STRING_set(time, "20260301000000.0Z", -1);
	size = i2d_ASN1_GENERALIZEDTIME(time, &data);
	out = der_raw(data, (gsize)size);
	OPENSSL_free(data);
	ASN1_GENERALIZEDTIME_free(time);
	return out;
}

static GByteArray *
ocsp_unknown_extension(const char *oid)
{
	X509_EXTENSION *extension = unknown_extension(oid);
	guchar *data = NULL;
	int size = i2d_X509_EXTENSION(extension, &data);
	GByteArray *out = der_raw(data, (gsize)size);

	OPENSSL_free(data);
	X509_EXTENSION_free(extension);
	return out;
}

/* In Extensions [number]; takes all. */
static GByteArray *
ocsp_extensions(guint number, GByteArray *all)
{
	if (all->len == 0)
		return all;
	return der(DER_CONTEXT(number), der(DER_SEQUENCE, all, NULL), NULL);
}

static GByteArray *
digest_octets(const guchar *digest, guint size, bool wrong)
{
	GByteArray *out = der_value(DER_OCTETS, digest, size);

	if (wrong)
		out->data[out->len - 1] ^= 1;
	return out;
}

static GByteArray *
ocsp_cert_id(const PkiSingle *single)
{
	const EVP_MD *md =
	    single->digest != NULL ? single->digest() : EVP_sha1();
	guchar name[EVP_MAX_MD_SIZE], key[EVP_MAX_MD_SIZE], *serial = NULL;
	guint name_size, key_size;
	GByteArray *number;
	int size =
	    i2d_ASN1_INTEGER(X509_get_serialNumber(single->cert), &serial);

	g_assert(X509_NAME_digest(X509_get_subject_name(single->issuer), md,
		     name, &name_size) == 1);
	g_assert(X509_pubkey_digest(single->issuer, md, key, &key_size) == 1);
	number = der_raw(serial, (gsize)size);
	OPENSSL_free(serial);
	if (single->flaws & PKI_OCSP_WRONG_SERIAL)
		number->data[number->len - 1] ^= 1;
	return der(DER_SEQUENCE, der_algorithm(EVP_MD_get_type(md)),
	    digest_octets(name, name_size, single->flaws & PKI_OCSP_WRONG_NAME),
	    digest_octets(key, key_size, single->flaws & PKI_OCSP_WRONG_KEY),
	    number, NULL);
}

static GByteArray *
ocsp_status(const PkiSingle *single)
{
	guint8 reason = (guint8)single->reason;
	GByteArray *revoked;

	switch (single->status) {
	case PKI_OCSP_GOOD:
		return der_value(0x80, "", 0);
	case PKI_OCSP_UNKNOWN:
		return der_value(0x82, "", 0);
	case PKI_OCSP_REVOKED:
		break;
	}
	revoked = ocsp_time(-2 * PKI_DAY, false);
	if (reason != 0)
		revoked = der_join(revoked,
		    der(DER_CONTEXT(0), der_value(DER_ENUMERATED, &reason, 1),
			NULL));
	return der(DER_CONTEXT(1), revoked, NULL);
}

static GByteArray *
ocsp_single(const PkiSingle *single)
{
	gint64 this = single->this_update, next = single->next_update;
	GByteArray *next_update = g_byte_array_new();
	GByteArray *extensions = g_byte_array_new();

	if (next != PKI_NO_NEXT_UPDATE)
		next_update = der_join(next_update,
		    der(DER_CONTEXT(0),
			ocsp_time(next != 0 ? next : PKI_DAY, false), NULL));
	if (single->unknown != NULL)
		extensions = der_join(
		    extensions, ocsp_unknown_extension(single->unknown));
	return der(DER_SEQUENCE, ocsp_cert_id(single), ocsp_status(single),
	    ocsp_time(
		this != 0 ? this : -3600, single->flaws & PKI_OCSP_BAD_TIME),
	    next_update, ocsp_extensions(1, extensions), NULL);
}

static GByteArray *
ocsp_responder(const PkiOcsp *spec)
{
	guchar digest[EVP_MAX_MD_SIZE], *name = NULL;
	guint digest_size;
	GByteArray *out;
	int size;

	if (spec->flaws & PKI_OCSP_BY_KEY) {
		g_assert(X509_pubkey_digest(spec->responder, EVP_sha1(), digest,
			     &digest_size) == 1);
		return der(DER_CONTEXT(2),
		    der_value(DER_OCTETS, digest, digest_size), NULL);
	}
	size = i2d_X509_NAME(X509_get_subject_name(spec->responder), &name);
	out = der(DER_CONTEXT(1), der_raw(name, (gsize)size), NULL);
	OPENSSL_free(name);
	return out;
}

static GByteArray *
ocsp_nonce_extension(const PkiOcsp *spec)
{
	GByteArray *value = der_raw(spec->nonce, spec->nonce_size);

	if ((spec->flaws & PKI_OCSP_RAW_NONCE) == 0)
		value = der(DER_OCTETS, value, NULL);
	return der(DER_SEQUENCE, der_oid(NID_id_pkix_OCSP_Nonce),
	    der(DER_OCTETS, value, NULL), NULL);
}

static GByteArray *
ocsp_response_extensions(const PkiOcsp *spec)
{
	GByteArray *all = g_byte_array_new();
	gsize count = spec->unknown != NULL ? MAX(spec->n_unknown, 1) : 0;

	if (spec->nonce != NULL)
		all = der_join(all, ocsp_nonce_extension(spec));
	if (spec->flaws & PKI_OCSP_TWO_NONCES)
		all = der_join(all, ocsp_nonce_extension(spec));
	for (gsize i = 0; i < count; i++)
		all = der_join(all, ocsp_unknown_extension(spec->unknown));
	return ocsp_extensions(1, all);
}

static GByteArray *
ocsp_response_data(const PkiOcsp *spec)
{
	GByteArray *version = g_byte_array_new();
	GByteArray *singles = g_byte_array_new();

	if (spec->flaws & (PKI_OCSP_VERSION_1 | PKI_OCSP_VERSION_2))
		version = der_join(version,
		    der(DER_CONTEXT(0),
			der_small(spec->flaws & PKI_OCSP_VERSION_2 ? 1 : 0),
			NULL));
	for (gsize i = 0; i < spec->n_singles; i++)
		singles = der_join(singles, ocsp_single(&spec->singles[i]));
	return der(DER_SEQUENCE, version, ocsp_responder(spec),
	    ocsp_time(spec->produced_at != 0 ? spec->produced_at : -3600,
		spec->flaws & PKI_OCSP_BAD_TIME),
	    der(DER_SEQUENCE, singles, NULL), ocsp_response_extensions(spec),
	    NULL);
}

static GByteArray *
ocsp_algorithm(const PkiSigner *signer)
{
	const EVP_MD *md = signing_digest(signer->key, signer->digest);
	int kind = EVP_PKEY_get_base_id(pki_key(signer->key)), nid;

	if (kind != EVP_PKEY_RSA || signer->flaws & PKI_WITH_PSS)
		return signature_algorithm(signer);
	g_assert(OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(md), kind) == 1);
	return der_algorithm(nid);
}

/* BasicOCSPResponse. */
static GByteArray *
ocsp_basic(const PkiOcsp *spec)
{
	PkiSigner signer = { .key = spec->key, .digest = spec->digest };
	g_autoptr(GByteArray) data = ocsp_response_data(spec);
	GByteArray *certs = g_byte_array_new();
	GByteArray *signature;

	if (spec->flaws & PKI_OCSP_WITH_PSS)
		signer.flaws |= PKI_WITH_PSS;
	if (spec->flaws & PKI_OCSP_WRONG_SIGNATURE)
		signer.flaws |= PKI_FLAW_WRONG_SIGNATURE;
	signature = raw_signature(&signer, data->data, data->len);
	for (gsize i = 0; spec->certs != NULL && spec->certs[i] != NULL; i++)
		certs = der_join(certs, der_cert(spec->certs[i]));
	return der(DER_SEQUENCE, der_raw(data->data, data->len),
	    ocsp_algorithm(&signer),
	    der(DER_BITS, der_raw("", 1), signature, NULL),
	    ocsp_extensions(0, certs), NULL);
}

static GByteArray *
ocsp_bytes(const PkiOcsp *spec)
{
	GByteArray *basic;

	if (spec->status != 0 || spec->flaws & PKI_OCSP_NO_BYTES)
		return g_byte_array_new();
	basic = ocsp_basic(spec);
	if (spec->flaws & PKI_OCSP_INNER)
		g_byte_array_append(basic, (const guint8 *)"", 1);
	return der(DER_CONTEXT(0),
	    der(DER_SEQUENCE,
		der_oid(spec->flaws & PKI_OCSP_OTHER_TYPE ?
			NID_id_pkix_OCSP_CrlID :
			NID_id_pkix_OCSP_basic),
		der(DER_OCTETS, basic, NULL), NULL),
	    NULL);
}

GBytes *
pki_ocsp(const PkiOcsp *spec)
{
	GByteArray *inside = der_value(DER_ENUMERATED, &spec->status, 1);
	GByteArray *octets;

	inside = der_join(inside, ocsp_bytes(spec));
	octets = spec->flaws & PKI_OCSP_INDEFINITE ?
	    der_indefinite(DER_SEQUENCE, inside) :
	    der(DER_SEQUENCE, inside, NULL);
	if (spec->flaws & PKI_OCSP_TRAILING)
		g_byte_array_append(octets, (const guint8 *)"", 1);
	if (spec->flaws & PKI_OCSP_TRUNCATED)
		g_byte_array_set_size(octets, octets->len - 1);
	return g_byte_array_free_to_bytes(octets);
}

/* --- messages ------------------------------------------------------------ */

char *
pki_base64(GBytes *octets)
{
	gsize size;
	const guchar *data = g_bytes_get_data(octets, &size);
	g_autofree char *text = g_base64_encode(data, size);
	gsize left = strlen(text);
	GString *out = g_string_new(NULL);

	for (const char *at = text; left > 0;) {
		gsize take = MIN(left, 64);

		g_string_append_len(out, at, (gssize)take);
		g_string_append(out, "\r\n");
		at += take;
		left -= take;
	}
	return g_string_free(out, FALSE);
}

char *
pki_detached(const char *header, const char *part, GBytes *cms)
{
	g_autofree char *base64 = pki_base64(cms);

	return g_strconcat(header,
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/signed; micalg=sha-256;\r\n"
	    " protocol=\"application/pkcs7-signature\";\r\n"
	    " boundary=\"" PKI_BOUNDARY "\"\r\n\r\n"
	    "--" PKI_BOUNDARY "\r\n",
	    part,
	    "\r\n--" PKI_BOUNDARY "\r\n"
	    "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    base64, "--" PKI_BOUNDARY "--\r\n", NULL);
}

/* RFC 3274, section 1.1: is that its type? */
static bool
is_compressed(GBytes *cms)
{
	static const guint8 type[] = { 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 0x01, 0x09, 0x10, 0x01, 0x09 };
	gsize size;
	const guint8 *data = g_bytes_get_data(cms, &size);

	return size >= sizeof(type) &&
	    memmem(data, MIN(size, 32), type, sizeof(type)) != NULL;
}

char *
pki_opaque(const char *header, GBytes *cms)
{
	g_autofree char *base64 = pki_base64(cms);

	return g_strconcat(header,
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: application/pkcs7-mime; smime-type=",
	    is_compressed(cms) ? "compressed-data" : "signed-data",
	    ";\r\n name=smime.p7m\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n",
	    base64, NULL);
}

Spool *
pki_spool(const char *data, gsize size)
{
	SpoolLimits limits = { 1U << 30, 1U << 30, "/nonexistent", 0 };
	Spool *spool = spool_new(&limits);

	g_assert(spool_append(spool, data, size, NULL));
	g_assert(spool_seal(spool, NULL));
	return spool;
}

char *
pki_rope_text(const Rope *rope)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < rope_count(rope); i++) {
		gsize size;
		const char *data = rope_piece(rope, i, &size);

		g_string_append_len(text, data, (gssize)size);
	}
	return g_string_free(text, FALSE);
}

/* --- files --------------------------------------------------------------- */

char *
pki_folder_new(void)
{
	char *folder = g_dir_make_tmp("smime-test-XXXXXX", NULL);

	g_assert(folder != NULL);
	return folder;
}

void
pki_folder_remove(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR) &&
		    !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			pki_folder_remove(path);
		else
			g_unlink(path);
	}
	g_rmdir(folder);
}

char *
pki_write(const char *folder, const char *name, const char *text, gssize size)
{
	char *path = g_build_filename(folder, name, NULL);
	g_autofree char *parent = g_path_get_dirname(path);

	g_assert(g_mkdir_with_parents(parent, 0700) == 0);
	g_assert(g_file_set_contents_full(
	    path, text, size, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	return path;
}

static char *
write_bio(const char *folder, const char *name, BIO *bio)
{
	char *data;
	long size = BIO_get_mem_data(bio, &data);

	return pki_write(folder, name, data, size);
}

char *
pki_write_certs(const char *folder, const char *name, X509 *first, ...)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
	va_list ap;

	va_start(ap, first);
	for (X509 *cert = first; cert != NULL; cert = va_arg(ap, X509 *))
		g_assert(PEM_write_bio_X509(bio, cert) == 1);
	va_end(ap);
	return write_bio(folder, name, bio);
}

char *
pki_write_crl(const char *folder, const char *name, X509_CRL *crl)
{
	g_autoptr(BIO) bio = BIO_new(BIO_s_mem());

	g_assert(PEM_write_bio_X509_CRL(bio, crl) == 1);
	return write_bio(folder, name, bio);
}

char *
pki_write_key(const char *folder, const char *name, PkiKey key)
{
	return pki_write(folder, name, pki_key_pem(key), -1);
}

GBytes *
pki_cert_der(X509 *cert)
{
	guchar *data = NULL;
	int size = i2d_X509(cert, &data);
	GBytes *out = g_bytes_new(data, (gsize)size);

	OPENSSL_free(data);
	return out;
}

GBytes *
pki_crl_der(X509_CRL *crl)
{
	guchar *data = NULL;
	int size = i2d_X509_CRL(crl, &data);
	GBytes *out = g_bytes_new(data, (gsize)size);

	OPENSSL_free(data);
	return out;
}

GBytes *
pki_crl_with_entries(X509_CRL *crl, const GByteArray *entries)
{
	g_autoptr(GBytes) whole = pki_crl_der(crl);
	gsize size;
	const guint8 *data = g_bytes_get_data(whole, &size);
	DerWalk walk = { data, data + size };
	DerWalk inside = { entries->data, entries->data + entries->len };
	DerElement list = { 0 }, tbs = { 0 }, field;
	GByteArray *made;

	g_assert(der_next(&walk, DER_SEQUENCE, &list));
	g_assert(der_next(&list.content, DER_SEQUENCE, &tbs));
	walk = tbs.content;
	while (der_peek(walk, &field) && field.tag != DER_EXPLICIT(0))
		walk.at = field.whole.end;
	made = der_wrap(DER_SEQUENCE, inside, (DerWalk){ 0 });
	g_byte_array_append(made, walk.at, (guint)der_left(walk));
	made = der_around(
	    DER_SEQUENCE, (DerWalk){ tbs.content.at, walk.at }, made);
	g_byte_array_append(
	    made, list.content.at, (guint)der_left(list.content));
	made = der_around(DER_SEQUENCE, (DerWalk){ 0 }, made);
	return g_byte_array_free_to_bytes(made);
}

Crl *
pki_crl_parsed(X509_CRL *crl)
{
	g_autoptr(GBytes) der = pki_crl_der(crl);
	Crl *parsed = crl_parse(der, NULL);

	g_assert(parsed != NULL);
	return parsed;
}

Trust *
pki_trust(X509 *anchor, X509 *intermediate)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *anchors = NULL;
	g_autofree char *intermediates = NULL;
	const char *anchor_paths[2] = { NULL, NULL };
	const char *intermediate_paths[2] = { NULL, NULL };
	Trust *trust;

	if (anchor != NULL)
		anchor_paths[0] = anchors =
		    pki_write_certs(folder, "anchor.pem", anchor, NULL);
	if (intermediate != NULL)
		intermediate_paths[0] = intermediates = pki_write_certs(
		    folder, "intermediate.pem", intermediate, NULL);
	trust = trust_new(anchor_paths, intermediate_paths, NULL);
	pki_folder_remove(folder);
	g_assert(trust != NULL);
	return trust;
}

Revocation *
pki_revocation(RevocationMode mode, X509_CRL *crl)
{
	g_autofree char *folder = pki_folder_new();
	g_autofree char *path = NULL;
	const char *paths[2] = { NULL, NULL };
	Revocation *revocation;

	if (crl != NULL)
		paths[0] = path = pki_write_crl(folder, "list.pem", crl);
	revocation = revocation_new_offline(mode, paths, NULL);
	pki_folder_remove(folder);
	g_assert(revocation != NULL);
	return revocation;
}
