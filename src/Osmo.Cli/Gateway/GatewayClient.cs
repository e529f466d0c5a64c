using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Osmo.Cli.Gateway;

/// <summary>Asks a gateway; its refusals become messages for the user.</summary>
internal sealed class GatewayClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http;

    public GatewayClient(Uri server, string? token)
    {
        // The last slash decides whether a path of the address, behind a proxy for example, stays.
        var root = new Uri(server.AbsoluteUri.EndsWith('/') ? server.AbsoluteUri : $"{server.AbsoluteUri}/");
        _http = new HttpClient { BaseAddress = root, Timeout = Patience };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>Reads a document.</summary>
    /// <param name="path">Relative, without a slash in front.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CliError">The gateway cannot be reached, refuses, or answers with no JSON.</exception>
    public async Task<JsonDocument> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? JsonDocument.Parse(text) : throw Refusal(answer.StatusCode, text);
        }
        catch (HttpRequestException failure)
        {
            throw new CliError(
                $"The gateway at {_http.BaseAddress} cannot be reached: {failure.Message} Is it running? "
                + $"Name another one with --server or {GatewayOptions.ServerVariable}.",
                ExitCode.Unreachable);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliError(
                $"The gateway at {_http.BaseAddress} did not answer within {Patience.TotalSeconds} s.", ExitCode.Unreachable);
        }
        catch (JsonException)
        {
            throw new CliError($"{_http.BaseAddress}{path} did not answer with JSON. Is that the address of an Osmo gateway?");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static CliError Refusal(HttpStatusCode status, string body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement.TryGetProperty("detail", out var detail) && detail.GetString() is { Length: > 0 } said)
            {
                return new CliError(said, status == HttpStatusCode.ServiceUnavailable ? ExitCode.Unreachable : ExitCode.BadInput);
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What stands before the gateway said something of its own.
        }

        return new CliError($"The gateway answered {(int)status} ({status}) without saying why.");
    }
}
