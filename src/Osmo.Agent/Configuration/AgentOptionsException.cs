namespace Osmo.Agent;

/// <summary>An option or environment variable cannot be used; the message names it and says what to write instead.</summary>
public sealed class AgentOptionsException : Exception
{
    /// <summary>Creates the exception.</summary>
    public AgentOptionsException(string message)
        : base(message)
    {
    }
}
