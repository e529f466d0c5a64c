namespace Osmo.Cli.Gateway;

/// <summary>What proves to a gateway who asks.</summary>
internal interface ICredential
{
    /// <summary>Puts the proof on a request; may ask the gateway for a fresh one first.</summary>
    Task ApplyAsync(HttpRequestMessage request, HttpClient http, CancellationToken cancellationToken);

    /// <summary>The gateway did not accept the proof: true where a fresh one was made, so that another try makes sense.</summary>
    Task<bool> RenewAsync(HttpClient http, CancellationToken cancellationToken);
}
