namespace Osmo.Cli.Gateway;

/// <summary>A header that stays as it is: a bearer token from a file, or a user's name for a gateway in development mode.</summary>
internal sealed class FixedCredential(string header, string value) : ICredential
{
    public const string UserHeader = "x-osmo-user";
    public const string AuthorizationHeader = "Authorization";

    public static FixedCredential Bearer(string token) => new(AuthorizationHeader, $"Bearer {token}");

    public static FixedCredential User(string name) => new(UserHeader, name);

    public Task ApplyAsync(HttpRequestMessage request, HttpClient http, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation(header, value);
        return Task.CompletedTask;
    }

    public Task<bool> RenewAsync(HttpClient http, CancellationToken cancellationToken) => Task.FromResult(false);
}
