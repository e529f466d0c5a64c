using System.Globalization;
using System.Security.Authentication;
using System.Text;

namespace Osmo.Kubernetes;

/// <summary>Turns failed answers and broken connections into <see cref="KubernetesApiException"/>s that say what to do next.</summary>
internal static class ApiFailures
{
    /// <summary>Longest Retry-After that is believed.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(5);

    public static bool IsTransport(Exception e) =>
        e is HttpRequestException or IOException or OperationCanceledException or InvalidDataException or AuthenticationException;

    public static KubernetesApiException FromResponse(
        HttpResponseMessage response, byte[] body, string what, KubernetesConfiguration configuration, TimeProvider time)
    {
        KubernetesStatus? status = KubernetesStatus.TryParse(body);
        int code = (int)response.StatusCode;
        KubernetesFailure failure = Classify(code, status);
        string said = status?.Message is { Length: > 0 } message ? message : Printable(body);
        TimeSpan? retryAfter = RetryAfter(response, time) ?? status?.RetryAfter;
        return new KubernetesApiException(
            failure,
            $"cannot {what}: {configuration.Server.Authority} answered {code} {response.ReasonPhrase}".TrimEnd()
                + (said.Length > 0 ? $": {said.TrimEnd('.')}. " : ". ") + Advice(failure, configuration))
        {
            Status = status,
            HttpStatus = code,
            RetryAfter = retryAfter > RetryAfterMax ? RetryAfterMax : retryAfter,
        };
    }

    /// <summary>An ERROR event stands for the answer that would have come had the stream not begun.</summary>
    public static KubernetesApiException FromErrorEvent(KubernetesStatus status, KubernetesConfiguration configuration)
    {
        KubernetesFailure failure = Classify(status.Code, status);
        return new KubernetesApiException(
            failure,
            $"the watch failed with {status.Code} {status.Reason}: {status.Message.TrimEnd('.')}. "
                + Advice(failure, configuration))
        {
            Status = status,
            RetryAfter = status.RetryAfter > RetryAfterMax ? RetryAfterMax : status.RetryAfter,
        };
    }

    public static KubernetesApiException FromTransport(Exception e, string what, KubernetesConfiguration configuration)
    {
        string server = configuration.Server.Authority;
        if (e is OperationCanceledException)
        {
            return new KubernetesApiException(
                KubernetesFailure.Timeout, $"cannot {what}: {server} ({configuration.Source}) did not answer in time. "
                    + "Check that the API server is up and that no firewall swallows the connection.", e);
        }

        Exception innermost = e.InnerException ?? e;
        if (e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } || innermost is AuthenticationException)
        {
            return new KubernetesApiException(
                KubernetesFailure.Tls,
                $"cannot {what}: no trusted TLS connection to {server} ({configuration.Source}): {innermost.Message} "
                    + "Check the certificate-authority, the server's name and address, and whether a certificate has expired.", e);
        }

        return new KubernetesApiException(
            KubernetesFailure.Unreachable,
            $"cannot {what}: cannot reach {server} ({configuration.Source}): {innermost.Message.TrimEnd('.')}. "
                + "Check that the API server is running and that its address, and the proxy if there is one, are right.", e);
    }

    private static KubernetesFailure Classify(int code, KubernetesStatus? status) => code switch
    {
        401 => KubernetesFailure.Unauthorized,
        403 => KubernetesFailure.Forbidden,
        404 => KubernetesFailure.NotFound,
        409 => KubernetesFailure.Conflict,
        422 when status?.CauseFields.Contains("metadata.uid") == true => KubernetesFailure.Conflict,
        429 => KubernetesFailure.Throttled,
        410 => KubernetesFailure.Expired,
        _ when status?.IsExpired == true => KubernetesFailure.Expired,
        _ when status?.IsTooLargeResourceVersion == true => KubernetesFailure.TooLargeResourceVersion,
        >= 500 => KubernetesFailure.Unavailable,
        >= 400 => KubernetesFailure.Invalid,
        _ => KubernetesFailure.MalformedResponse,
    };

    private static string Advice(KubernetesFailure failure, KubernetesConfiguration configuration) => failure switch
    {
        KubernetesFailure.Unauthorized => configuration.Credentials.Advice,
        KubernetesFailure.Forbidden => "Grant the right with a ClusterRole: nodes need get, list, watch and patch, "
            + "namespaces need get, and with --protocol osmo pods need list and watch.",
        KubernetesFailure.Throttled or KubernetesFailure.Unavailable => "It will be tried again.",
        KubernetesFailure.MalformedResponse => "Is this the address of a Kubernetes API server?",
        _ => "",
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time)
    {
        if (response.Headers.RetryAfter is not { } header)
        {
            return null;
        }

        TimeSpan? wait = header.Delta ?? (header.Date is { } date ? date - time.GetUtcNow() : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static string Printable(byte[] body)
    {
        ReadOnlySpan<byte> head = body.AsSpan(0, Math.Min(body.Length, KubernetesStatus.MessageCharsMax));
        StringBuilder text = new();
        foreach (char c in Encoding.UTF8.GetString(head))
        {
            text.Append(char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format ? ' ' : c);
        }

        return text.ToString().Trim();
    }
}
