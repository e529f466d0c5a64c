using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Osmo.Grains.Backends;

namespace Osmo.Gateway.Http;

/// <summary>
/// The name of a request to change something: the client's <c>Idempotency-Key</c> if it sent one, so that it may repeat the request after
/// an answer that it never saw; a new one otherwise, for the repetitions that the gateway makes by itself, and those of a client that is
/// told of it because nobody knows what became of its request.
/// </summary>
internal static class RequestIds
{
    /// <summary>The header, as the IETF's draft for it has it.</summary>
    public const string Header = "Idempotency-Key";

    private const int KeyCharsMax = 128;

    /// <summary>The request's name, with a digest of all that the change depends on.</summary>
    /// <param name="request">The request.</param>
    /// <param name="username">Who makes it: two users may choose the same key.</param>
    /// <param name="body">The body as it was sent.</param>
    /// <exception cref="BadHttpRequestException">The header is not usable.</exception>
    public static RequestId Read(HttpRequest request, string username, string body)
    {
        var key = request.Headers[Header].ToString().Trim().Trim('"');
        if (key.Length == 0)
        {
            key = request.Headers.ContainsKey(Header) ? throw Unusable() : Guid.NewGuid().ToString("N");
        }

        if (key.Length > KeyCharsMax || key.Any(c => c is <= ' ' or > '~'))
        {
            throw Unusable();
        }

        var asked = $"{request.Method}\n{request.Path}{request.QueryString}\n{request.Headers[HeaderNames.IfMatch]}\n{body}";
        var digest = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(asked)));
        return new RequestId($"{username}/{key}", digest);
    }

    /// <summary>What a client has to send as <see cref="Header"/> to repeat a change; null if nothing does that.</summary>
    public static string? KeyOf(Audit change) =>
        change.Request is { } request && request.Key.StartsWith($"{change.Username}/", StringComparison.Ordinal)
            ? request.Key[(change.Username.Length + 1)..]
            : null;

    private static BadHttpRequestException Unusable() => new(
        $"{Header} must hold 1 to {KeyCharsMax} visible ASCII characters, such as a UUID: the same for every repetition of a request, "
        + "and another for the next one.");
}
