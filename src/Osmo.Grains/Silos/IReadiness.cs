namespace Osmo.Grains.Silos;

/// <summary>A part of the process that can say whether it is ready to serve. A process is ready when all of its parts are.</summary>
public interface IReadiness
{
    /// <summary>What is missing, in words for an operator; null where the part is ready.</summary>
    Task<string?> FindProblemAsync(CancellationToken cancellationToken);
}
