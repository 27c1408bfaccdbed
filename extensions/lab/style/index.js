import './index.css';
import './after.css';
