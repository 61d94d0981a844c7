"""Makes libcloud's requests such that SeaweedFS answers: S3 knows no parameter `Version`, and SeaweedFS refuses it."""

from libcloud.common.aws import AWSRequestSignerAlgorithmV4

AWSRequestSignerAlgorithmV4.get_request_params = lambda self, params, **_: params
