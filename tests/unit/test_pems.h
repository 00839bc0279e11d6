/* test_pems.h - fixed keys for tests; none of them protects anything
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PEMS_H
#define TEST_PEMS_H

/* clang-format off */
/* A P-256 key pair, and its thumbprint as another program computed it. */
#define PEM_PRIVATE \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+6b/uxxd52NK2UV1\n" \
	"MjKDmBBnUyEt/G28mv/9Cpq7haahRANCAAQiX3ywKP/p2N85lkKX+o1r1Gto3UTB\n" \
	"jKT7SI7E6cayVS5PASx1CmCtg2WbDMZ3zRGGjF3TpIGdh3UrzFfYuM62\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_PUBLIC \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIl98sCj/6djfOZZCl/qNa9RraN1E\n" \
	"wYyk+0iOxOnGslUuTwEsdQpgrYNlmwzGd80Rhoxd06SBnYd1K8xX2LjOtg==\n" \
	"-----END PUBLIC KEY-----\n"

#define PEM_KID "KBrqRP59eh0yXPP6sTV0mDQ9IhVn-2ed1xeTM8kX9O8"

/* The key of RFC 7515 A.3. */
#define PEM_RFC7515 \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n" \
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n" \
	"-----END PUBLIC KEY-----\n"

#define PEM_RFC7515_KID "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"

/* Keys that must be refused. */
#define PEM_SEC1 \
	"-----BEGIN EC PRIVATE KEY-----\n" \
	"MHcCAQEEIPum/7scXedjStlFdTIyg5gQZ1MhLfxtvJr//Qqau4WmoAoGCCqGSM49\n" \
	"AwEHoUQDQgAEIl98sCj/6djfOZZCl/qNa9RraN1EwYyk+0iOxOnGslUuTwEsdQpg\n" \
	"rYNlmwzGd80Rhoxd06SBnYd1K8xX2LjOtg==\n" \
	"-----END EC PRIVATE KEY-----\n"

#define PEM_ENCRYPTED \
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" \
	"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiG+Y0M6seu0QICCAAw\n" \
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEP2RudIAF3Shu+9SC5k8p+cEgZDG\n" \
	"zyLs/KZV363KvzJjG5E1MZFGPsH+6o23oqDPTccCrsEAftMB+3ovMokzLBmFEBgB\n" \
	"cT9K0fn5zFg85nVa4U5PNNLTzen24eFaWijy93rLy1zCLsZFPTIc+ogupu4x/MAs\n" \
	"XzmB/Mt6qDhwlEhF8njLYM5Dh4dlj1yMuiV1Kgxx5O9r0OJ1DUT1rLL5xBOKIKs=\n" \
	"-----END ENCRYPTED PRIVATE KEY-----\n"

#define PEM_P384 \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDASXuE+xLojVrjqVS60\n" \
	"mV2+SF4PCEmxN0uS4rqtjenqtYD3wKYFT9QKF+TfPmWN/iehZANiAATNFcsEN/G6\n" \
	"bQe4B0Igr530CwmYdM/EJtIGetkj66qeKpFGx8gCKABGwyR42wH6GISBx0e6LyDr\n" \
	"rqvFbe+RstBWBugZj/DExDwW3wvR0mqY2PoXBTWskFLa5iiL3Bo1SXo=\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_P384_PUBLIC \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEzRXLBDfxum0HuAdCIK+d9AsJmHTPxCbS\n" \
	"BnrZI+uqniqRRsfIAigARsMkeNsB+hiEgcdHui8g666rxW3vkbLQVgboGY/wxMQ8\n" \
	"Ft8L0dJqmNj6FwU1rJBS2uYoi9waNUl6\n" \
	"-----END PUBLIC KEY-----\n"

#define PEM_K1 \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgX5cKGSRjfgc0kLTauEGO\n" \
	"eklWk5OSnE2e6ChD90GOg1ShRANCAASUoZ4mRKAH7IjEzkq2ImUTbFIh6Yhsc36q\n" \
	"j3wcURMeQ6e24XPo55kkJCEsEmSiJcqCfF162tEtlqEhyAbTSlWu\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_ED25519 \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MC4CAQAwBQYDK2VwBCIEIAAtdXXobavMQ329wQ3ie4r5uzFnZTo3GJyorNjMSMeF\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_EXPLICIT \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIIBeQIBADCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAAB\n" \
	"AAAAAAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA\n" \
	"///////////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMV\n" \
	"AMSdNgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg\n" \
	"9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8A\n" \
	"AAAA//////////+85vqtpxeehPO5ysL8YyVRAgEBBG0wawIBAQQgKH19MVdB3tuk\n" \
	"3y5LFWwoPJdOjAJ4v5r/qeBIK3SB696hRANCAAQnDfvaBCR19apKoVVm19QauuAW\n" \
	"qR8JCUlWL9qldBs4KGOCh0QWMF7gm2tLpZaEVnumDYSGGUg2RE1HSSEmXq57\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_OFF_CURVE \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n" \
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrA==\n" \
	"-----END PUBLIC KEY-----\n"

#define PEM_TWO_HALVES \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+6b/uxxd52NK2UV1\n" \
	"MjKDmBBnUyEt/G28mv/9Cpq7haahRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n" \
	"7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n" \
	"-----END PRIVATE KEY-----\n"
/* clang-format on */

#endif
