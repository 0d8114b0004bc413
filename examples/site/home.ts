import "./shared/theme.css";
import "./home.css";
