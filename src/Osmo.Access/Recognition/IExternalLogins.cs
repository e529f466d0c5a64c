namespace Osmo.Access.Recognition;

/// <summary>Log-ins that an identity provider signs.</summary>
public interface IExternalLogins
{
    /// <summary>Whether log-ins that name this issuer are the provider's.</summary>
    bool IsFrom(string issuer);

    /// <summary>Verifies a log-in.</summary>
    /// <param name="login">A JWT that names the provider as its issuer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whose it is, or why it is refused.</returns>
    /// <exception cref="Osmo.Domain.Errors.OsmoException">The provider cannot be reached.</exception>
    Task<(Principal? Principal, string? Refusal)> VerifyAsync(string login, CancellationToken cancellationToken);
}
